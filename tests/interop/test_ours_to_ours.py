"""Our clients and our servers, where an answer comes before the body has been read, or asks for a second attempt.

A server that has answered before the end of the body may close the connection, and not say so. Blocking clients
still read that answer; asynchronous ones may only see the broken connection, and nobody should use it again.
"""

from __future__ import annotations

import contextlib
import time

import pytest

from bodies import LIMIT, MEGABYTE, Content
from clients import CLIENTS, NOTHING, Client
from keys import OUR_ALICE
from servers import OURS, UVICORNS, Server

MINUTE = 60_000_000_000
HUGE = [Content("huge", bytes(8 * LIMIT)), Content("huge-chunked", bytes(8 * LIMIT), 65_536)]
BLOCKING = ["httpx", "requests"]
ANSWERED = [(server, client) for server in OURS for client in CLIENTS if server in UVICORNS or client in BLOCKING]


@pytest.mark.parametrize(("server", "kind"), ANSWERED, indirect=["server"])
@pytest.mark.parametrize("body", HUGE, ids=[body.name for body in HUGE])
def test_client_gets_to_read_that_its_body_is_too_large(kind: str, server: Server, body: Content) -> None:
    with contextlib.closing(CLIENTS[kind]()) as client:
        reply = client.send(OUR_ALICE["sr25519"], server, "POST", "/echo", body)
    assert (reply.status, reply.json["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("server", OURS, indirect=True)
@pytest.mark.parametrize("client", CLIENTS, indirect=True)
@pytest.mark.parametrize("minutes", [-5, 5])
def test_wrong_clock_is_corrected(client: Client, server: Server, minutes: int) -> None:
    wrong = lambda: time.time_ns() + minutes * MINUTE  # noqa: E731
    body = Content("megabyte", MEGABYTE) if server.flavour in UVICORNS else NOTHING
    reply = client.send(OUR_ALICE["sr25519"], server, "POST", "/echo", body, clock=wrong)
    assert (reply.status, reply.json["size"]) == (200, len(body.data))
    reply = client.send(OUR_ALICE["sr25519"], server, "POST", "/echo", body, clock=wrong, correct_clock=False)
    assert (reply.status, reply.json["code"]) == (401, "stale_request")
