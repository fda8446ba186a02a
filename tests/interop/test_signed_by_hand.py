"""Headers of our `RequestSigner`, and what the SDK's verifier makes of changes to what they cover."""

from __future__ import annotations

import pytest

from bittensor_auth import RequestSigner
from keys import OUR_ALICE, SCHEMES
from raw import Answer, ask
from servers import SDKS, Server

TARGET = "/echo/a?b=1&c=2"
BODY = b'{"prompt": "hello"}'
CHANGES = {
    "body": {"body": b'{"prompt": "hullo"}'},
    "method": {"method": "PUT"},
    "path": {"target": "/echo/b?b=1&c=2"},
    "query": {"target": "/echo/a?b=1&c=3"},
    "query-order": {"target": "/echo/a?c=2&b=1"},
}
pytestmark = [
    pytest.mark.parametrize("server", SDKS, indirect=True),
    pytest.mark.parametrize("scheme", SCHEMES),
]


def send(server: Server, headers: dict[str, str], **changes: object) -> Answer:
    return ask(server.port, **{"method": "POST", "target": TARGET, "headers": headers, "body": BODY, **changes})


def sign(server: Server, scheme: str) -> dict[str, str]:
    return RequestSigner(OUR_ALICE[scheme], server.receiver).sign("POST", TARGET, BODY)


def assert_refused(answer: Answer, reason: str) -> None:
    assert (answer.status, answer.json()) == (401, {"detail": reason})


def test_accepted_once(server: Server, scheme: str) -> None:
    headers = sign(server, scheme)
    assert send(server, headers).json()["hotkey"] == OUR_ALICE[scheme].ss58_address
    assert_refused(send(server, headers), "ReplayedRequest")


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_noticed(server: Server, scheme: str, change: str) -> None:
    assert_refused(send(server, sign(server, scheme), **CHANGES[change]), "BadSignature")


def test_unbound_request(server: Server, scheme: str) -> None:
    unbound = RequestSigner(OUR_ALICE[scheme], dangerous_unbound=True).sign("POST", TARGET, BODY)
    assert_refused(send(server, unbound), "WrongReceiver")


def test_scheme_is_named_only_where_the_format_says_so(server: Server, scheme: str) -> None:
    headers = sign(server, scheme)
    assert headers.get("X-Bittensor-Crypto") == (None if scheme == "sr25519" else scheme)
