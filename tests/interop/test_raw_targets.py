"""Targets that HTTP clients never send as they are, signed by the SDK and written to a socket.

Each row says what becomes of one on every server: `ok` is a 200 for exactly this target, a word is the code of our
refusal, the name of the SDK's, or FastAPI's `Not Found`; `HTTP 400` is the server's own.
"""

from __future__ import annotations

import pytest

from raw import Answer, ask
from sdk_client import sign
from servers import Server

SERVERS = ["fastapi-httptools", "fastapi-h11", "fastapi-hypercorn", "sdk-httptools", "sdk-h11"]
UNTOUCHED = [
    "/echo/a/../b",
    "/echo/..",
    "/echo/./x",
    "/echo//x//",
    "/echo?a=",
    "/echo??",
    "/echo/%7Ex|y",
    r"/echo/a\b",
    '/echo/"<>^`{}',
    "/echo?q='[]{}\"<>",
    "/echo/%zz",
    "/echo/%00",
    "/echo/%0a",
    "/echo/%ff",
    "/echo/%2e%2e/x",
    "/echo/%2F%2f",
    "/echo;v=1",
    "/echo/;a/,b",
    "/echo/+?+",
    "/%65cho",
    "/echo/" + "x" * 8_186,
]
"""Everybody takes these as they are."""
TOUCHED = {
    # sent, and signed alike:    httptools         h11                 hypercorn           SDK, httptools  SDK, h11
    "/echo?": ("bad_signature", "bad_signature", "bad_signature", "BadSignature", "BadSignature"),
    "/echo#f": ("bad_signature", "malformed_target", "malformed_target", "BadSignature", "ok"),
    "http://here/echo": ("bad_signature", "malformed_target", "malformed_target", "BadSignature", "Not Found"),
    "echo": ("HTTP 400", "malformed_target", "malformed_target", "HTTP 400", "Not Found"),
    "*": ("malformed_target", "malformed_target", "malformed_target", "Not Found", "Not Found"),
    "/echo/" + "x" * 8_187: ("malformed_target", "malformed_target", "malformed_target", "ok", "ok"),
}
REDUCED = {"/echo#f": "/echo", "http://here/echo?a": "/echo?a"}
"""What httptools makes of a target before anybody can see it."""
NOT_HTTP = [b"/echo/caf\xc3\xa9", b"/echo/a b", b"/echo/\x7f", b"/echo/\x01"]


def short(target: str | bytes) -> str:
    return ascii(target)[:40]


def verdict(answer: Answer, target: str) -> str:
    """One word for an answer."""
    if not answer.headers.get("content-type", "").startswith("application/"):
        return f"HTTP {answer.status}"
    fields = answer.json()
    if answer.status == 200:
        return "ok" if fields["target"] == target else fields["target"]
    return fields.get("code") or fields["detail"]


@pytest.mark.parametrize("server", SERVERS, indirect=True)
@pytest.mark.parametrize("target", UNTOUCHED, ids=short)
def test_target_that_everybody_takes_as_it_is(server: Server, target: str) -> None:
    assert verdict(ask(server.port, "GET", target, sign(server, "GET", target)), target) == "ok"


@pytest.mark.parametrize("target", TOUCHED, ids=short)
def test_target_that_not_everybody_takes(servers: dict[str, Server], target: str) -> None:
    answers = [ask(servers[name].port, "GET", target, sign(servers[name], "GET", target)) for name in SERVERS]
    assert tuple(verdict(answer, target) for answer in answers) == TOUCHED[target]


@pytest.mark.parametrize("server", ["fastapi-httptools", "sdk-httptools"], indirect=True)
@pytest.mark.parametrize("target", REDUCED)
def test_target_that_httptools_reduces(server: Server, target: str) -> None:
    shown = REDUCED[target]
    assert verdict(ask(server.port, "GET", target, sign(server, "GET", shown)), shown) == "ok"


@pytest.mark.parametrize("server", SERVERS, indirect=True)
@pytest.mark.parametrize("target", NOT_HTTP, ids=short)
def test_bytes_that_no_target_has(server: Server, target: bytes) -> None:
    assert ask(server.port, "GET", target, sign(server, "GET", "/echo")).status == 400
