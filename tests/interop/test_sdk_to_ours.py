"""Whoever has only the SDK is let in by every one of our servers."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from bodies import BODIES, Content, Fields
from keys import SCHEMES, SDK_ALICE
from raw import ask
from sdk_client import GuideAuth, sign
from servers import OURS, Server
from targets import BARE_QUESTION_MARK, TARGETS, Target, named

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
pytestmark = [
    pytest.mark.parametrize("server", OURS, indirect=True),
    pytest.mark.parametrize("scheme", SCHEMES),
]


def guide(server: Server, scheme: str) -> GuideAuth:
    return GuideAuth(SDK_ALICE[scheme], server.receiver)


def assert_seen(answer: httpx.Response, scheme: str, **expected: object) -> None:
    assert answer.status_code == 200, answer.text
    identity = {"hotkey": SDK_ALICE[scheme].ss58_address, "scheme": scheme}
    seen = answer.json()
    assert {name: seen[name] for name in (*identity, *expected)} == {**identity, **expected}


@pytest.mark.parametrize(**named(TARGETS))
def test_targets(http: httpx.Client, server: Server, scheme: str, target: Target) -> None:
    answer = http.get(server.url + target.given, auth=guide(server, scheme))
    assert_seen(answer, scheme, target=target.on_the_wire("httpx"), method="GET", size=0)


def test_bare_question_mark_is_refused(http: httpx.Client, server: Server, scheme: str) -> None:
    """The recipe sends and signs `/x?`, an ASGI server shows `/x`, and a verifier never tries a second form."""
    answer = http.get(server.url + BARE_QUESTION_MARK.given, auth=guide(server, scheme))
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    without = http.get(server.url + BARE_QUESTION_MARK.given.removesuffix("?"), auth=guide(server, scheme))
    assert_seen(without, scheme, target="/echo/x")


@pytest.mark.parametrize("method", METHODS)
def test_methods(server: Server, scheme: str, method: str) -> None:
    """With a body each: HTTP lets even GET and DELETE have one."""
    body = b'{"prompt": "hello"}'
    headers = sign(server, method, "/echo?stream=false", body, wallet=SDK_ALICE[scheme])
    answer = ask(server.port, method, "/echo?stream=false", headers, body)
    assert (answer.status, answer.json()["method"], answer.json()["size"]) == (200, method, len(body))


@pytest.mark.parametrize("body", BODIES, ids=[body.name for body in BODIES])
def test_bodies(http: httpx.Client, server: Server, scheme: str, body: Content | Fields) -> None:
    request = http.build_request("POST", server.url + "/echo", **body.for_httpx())
    answer = http.send(request, auth=guide(server, scheme))
    sent = request.read()
    assert isinstance(body, Fields) or sent == body.data
    assert_seen(answer, scheme, size=len(sent), sha256=hashlib.sha256(sent).hexdigest())
