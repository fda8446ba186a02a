"""Each of our clients is let in by the SDK's verifier, and refused by it for the same reasons as everybody."""

from __future__ import annotations

import hashlib
import time

import pytest

from bittensor_auth import BittensorAuthError
from bodies import BODIES, Content, Fields
from clients import CLIENTS, Client, Reply
from keys import OUR_ALICE, SCHEMES, STRANGER
from servers import SDKS, Server
from targets import BARE_QUESTION_MARK, TARGETS, Target, named

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
MINUTE = 60_000_000_000
BODY = Content("hello", b'{"prompt": "hello"}')
pytestmark = [
    pytest.mark.parametrize("server", SDKS, indirect=True),
    pytest.mark.parametrize("client", CLIENTS, indirect=True),
    pytest.mark.parametrize("scheme", SCHEMES),
]


def assert_seen(reply: Reply, scheme: str, **expected: object) -> None:
    assert reply.status == 200, reply.json
    identity = {"hotkey": OUR_ALICE[scheme].ss58_address, "scheme": scheme}
    assert {name: reply.json[name] for name in (*identity, *expected)} == {**identity, **expected}


@pytest.mark.parametrize(**named(TARGETS))
def test_targets(client: Client, server: Server, scheme: str, target: Target) -> None:
    reply = client.send(OUR_ALICE[scheme], server, "GET", target.given)
    assert_seen(reply, scheme, target=target.on_the_wire(client.family), size=0)


def test_bare_question_mark_is_not_signed(client: Client, server: Server, scheme: str) -> None:
    reply = client.send(OUR_ALICE[scheme], server, "GET", BARE_QUESTION_MARK.given)
    assert_seen(reply, scheme, target="/echo/x")


def test_mounted_application(client: Client, server: Server, scheme: str) -> None:
    reply = client.send(OUR_ALICE[scheme], server, "GET", "/below/echo/a%20b?c=d")
    assert_seen(reply, scheme, target="/below/echo/a%20b?c=d")


@pytest.mark.parametrize("method", METHODS)
def test_methods(client: Client, server: Server, scheme: str, method: str) -> None:
    reply = client.send(OUR_ALICE[scheme], server, method, "/echo?stream=false", BODY)
    assert_seen(reply, scheme, method=method, size=len(BODY.data))


@pytest.mark.parametrize("body", BODIES, ids=[body.name for body in BODIES])
def test_bodies(client: Client, server: Server, scheme: str, body: Content | Fields) -> None:
    reply = client.send(OUR_ALICE[scheme], server, "POST", "/echo", body)
    if isinstance(body, Content):
        assert_seen(reply, scheme, size=len(body.data), sha256=hashlib.sha256(body.data).hexdigest())
    else:
        assert_seen(reply, scheme)
        assert reply.json["size"] > 0


@pytest.mark.parametrize("minutes", [-5, 5])
def test_wrong_clock_is_corrected(client: Client, server: Server, scheme: str, minutes: int) -> None:
    """The SDK says no time in its answer, so `Date` has to do."""
    wrong = lambda: time.time_ns() + minutes * MINUTE  # noqa: E731
    assert_seen(client.send(OUR_ALICE[scheme], server, "POST", "/echo", BODY, clock=wrong), scheme)
    reply = client.send(OUR_ALICE[scheme], server, "POST", "/echo", BODY, clock=wrong, correct_clock=False)
    assert (reply.status, reply.json) == (401, {"detail": "StaleRequest"})


def test_wrong_receiver(client: Client, server: Server, scheme: str) -> None:
    reply = client.send(OUR_ALICE[scheme], server, "POST", "/echo", BODY, receiver=STRANGER)
    assert (reply.status, reply.json) == (401, {"detail": "WrongReceiver"})


def test_unlisted_origin_is_not_signed_for(client: Client, server: Server, scheme: str) -> None:
    with pytest.raises(BittensorAuthError) as refusal:
        client.send(OUR_ALICE[scheme], server, "POST", "/echo", BODY, origins=["http://127.0.0.1:9"])
    assert refusal.value.code == "signing_refused"
