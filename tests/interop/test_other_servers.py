"""The adapters of the npm package and the layer for axum let in whoever has only the SDK, and our Python clients; the
signers in Node and Rust get into a service that verifies as the SDK's guide says. `js` has to be built."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bodies import BODIES, LIMIT, Content, Fields
from clients import CLIENTS, NOTHING, Client
from differences import difference
from keys import OUR_ALICE, SCHEMES, SDK_ALICE
from programs import Program
from raw import ask
from refusals import REFUSALS, Refusal, signed
from sdk_client import GuideAuth, sign
from servers import OTHERS, SDKS, Server
from targets import ALIKE, BARE_QUESTION_MARK, TARGETS, Target, named
from test_refusals import assert_problem, assert_says_nothing

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
HUGE = [Content("huge", bytes(8 * LIMIT)), Content("huge-chunked", bytes(8 * LIMIT), 65_536)]
on_others = pytest.mark.parametrize("server", OTHERS, indirect=True)
schemes = pytest.mark.parametrize("scheme", SCHEMES)
every_body = pytest.mark.parametrize("body", BODIES, ids=[body.name for body in BODIES])


def assert_seen(status: int, seen: Any, scheme: str, **expected: object) -> None:
    assert status == 200, seen
    wanted = {"hotkey": SDK_ALICE[scheme].ss58_address, "scheme": scheme, **expected}
    assert {name: seen[name] for name in wanted} == wanted


@on_others
@schemes
@pytest.mark.parametrize(**named([*TARGETS, BARE_QUESTION_MARK]))
def test_sdk_targets(http: httpx.Client, server: Server, scheme: str, target: Target) -> None:
    """A bare `?` too: Node and hyper show it, so what the recipe signs is what is verified."""
    answer = http.get(server.url + target.given, auth=GuideAuth(SDK_ALICE[scheme], server.receiver))
    wire = target.on_the_wire("httpx")
    if difference(server.flavour, wire):
        assert answer.status_code == 400
        return
    assert_seen(answer.status_code, answer.json(), scheme, target=wire, method="GET", size=0)


@on_others
@schemes
@pytest.mark.parametrize("method", METHODS)
def test_sdk_methods(server: Server, scheme: str, method: str) -> None:
    body = b'{"prompt": "hello"}'
    headers = sign(server, method, "/echo?stream=false", body, wallet=SDK_ALICE[scheme])
    answer = ask(server.port, method, "/echo?stream=false", headers, body)
    assert_seen(answer.status, answer.json(), scheme, method=method, size=len(body))


@on_others
@schemes
@every_body
def test_sdk_bodies(http: httpx.Client, server: Server, scheme: str, body: Content | Fields) -> None:
    request = http.build_request("POST", server.url + "/echo", **body.for_httpx())
    answer = http.send(request, auth=GuideAuth(SDK_ALICE[scheme], server.receiver))
    sent = request.read()
    digest = hashlib.sha256(sent).hexdigest()
    assert_seen(answer.status_code, answer.json(), scheme, size=len(sent), sha256=digest)


@on_others
@pytest.mark.parametrize("client", CLIENTS, indirect=True)
@pytest.mark.parametrize(**named(TARGETS))
def test_our_clients_targets(client: Client, server: Server, target: Target) -> None:
    wire = target.on_the_wire(client.family)
    reply = client.send(OUR_ALICE["sr25519"], server, "GET", target.given)
    if difference(server.flavour, wire):
        assert reply.status == 400
        return
    assert_seen(reply.status, reply.json, "sr25519", target=wire, size=0)


@on_others
@pytest.mark.parametrize("client", CLIENTS, indirect=True)
@every_body
def test_our_clients_bodies(client: Client, server: Server, body: Content | Fields) -> None:
    reply = client.send(OUR_ALICE["ed25519"], server, "POST", "/echo/x?y", body)
    assert_seen(reply.status, reply.json, "ed25519", target="/echo/x?y", method="POST")


@on_others
@pytest.mark.parametrize("refusal", REFUSALS, ids=[refusal.name for refusal in REFUSALS])
def test_refusals(server: Server, refusal: Refusal) -> None:
    sent = refusal.make(server)
    answer = sent.to(server)
    assert_problem(answer, refusal.status, refusal.code)
    assert_says_nothing(answer, sent)


@on_others
def test_replay(server: Server) -> None:
    sent = signed(server)
    assert sent.to(server).status == 200
    for _ in range(2):
        assert_problem(sent.to(server), 401, "replayed_request")


@on_others
@pytest.mark.parametrize("kind", ["httpx", "requests"])
@pytest.mark.parametrize("body", HUGE, ids=[body.name for body in HUGE])
def test_client_gets_to_read_that_its_body_is_too_large(kind: str, server: Server, body: Content) -> None:
    with contextlib.closing(CLIENTS[kind]()) as client:
        reply = client.send(OUR_ALICE["sr25519"], server, "POST", "/echo", body)
    assert (reply.status, reply.json["code"]) == (413, "payload_too_large")


@on_others
@pytest.mark.parametrize("client", CLIENTS, indirect=True)
def test_wrong_clock_is_corrected(client: Client, server: Server) -> None:
    reply = client.send(
        OUR_ALICE["sr25519"], server, "POST", "/echo", NOTHING, clock=lambda: time.time_ns() + 300_000_000_000
    )
    assert (reply.status, reply.json["size"]) == (200, 0)


@pytest.fixture
def program(name: str, scheme: str) -> Iterator[Program]:
    with contextlib.closing(Program(name, scheme)) as started:
        yield started


@pytest.mark.parametrize("server", [*SDKS, *OTHERS], indirect=True)
@pytest.mark.parametrize("name", ["node", "rust"])
@schemes
def test_signers_in_other_languages(program: Program, server: Server, scheme: str) -> None:
    """Into the SDK's verifier, and into ours."""
    for target in [*TARGETS, BARE_QUESTION_MARK]:
        answer = program.send(server, "GET", target.given)
        if difference(server.flavour, answer["wire"]):
            assert answer["status"] == 400
            continue
        assert_seen(answer["status"], answer["json"], scheme, target=answer["wire"], method="GET", size=0)
    for method in METHODS[1:]:
        answer = program.send(server, method, ALIKE[3].given, b"\x00\xff body")
        assert_seen(answer["status"], answer["json"], scheme, method=method, size=7)
    for body in BODIES:
        if isinstance(body, Content):
            answer = program.send(server, "POST", "/echo", body.data)
            digest = hashlib.sha256(body.data).hexdigest()
            assert_seen(answer["status"], answer["json"], scheme, sha256=digest)
