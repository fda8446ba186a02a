"""Prefixes, HTTP/2, `HEAD` and `Expect`: signed by the SDK, verified by us."""

from __future__ import annotations

import socket
import time

import httpx
import pytest

from bodies import MEGABYTE
from raw import TIMEOUT, ask
from refusals import Sent, signed
from sdk_client import sign
from servers import HYPERCORNS, OURS, PREFIXED, UVICORNS, Server

HOUR = 3_600 * 1_000_000_000
BODY = b"hello"


@pytest.mark.parametrize("server", PREFIXED, indirect=True)
@pytest.mark.parametrize("rest", ["/echo/a%20b?c=d", "/below/echo", "/api/v1/things/echo"])
def test_public_target_is_signed_where_a_proxy_strips_its_prefix(server: Server, rest: str) -> None:
    headers = sign(server, "GET", "/public" + rest)
    assert ask(server.port, "GET", rest, headers).status == 200
    headers = sign(server, "GET", rest)
    assert ask(server.port, "GET", rest, headers).json()["code"] == "bad_signature"


@pytest.mark.parametrize("server", HYPERCORNS, indirect=True)
def test_http_2(server: Server) -> None:
    target = "/echo/a%20b//c?d=e"
    with httpx.Client(http1=False, http2=True, timeout=TIMEOUT, trust_env=False) as client:
        headers = sign(server, "POST", target, MEGABYTE)
        answer = client.post(server.url + target, content=MEGABYTE, headers=headers)
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
        assert (answer.json()["target"], answer.json()["size"]) == (target, len(MEGABYTE))
        replayed = client.post(server.url + target, content=MEGABYTE, headers=headers)
        assert replayed.json()["code"] == "replayed_request"
        anonymous = client.get(server.url + target)
        assert (anonymous.status_code, anonymous.json()["code"]) == (401, "missing_credentials")


@pytest.mark.parametrize("server", OURS, indirect=True)
def test_refused_head_has_no_body(server: Server) -> None:
    answer = Sent(signed(server).headers, "HEAD", "/echo", b"").to(server)
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["www-authenticate"] == 'Bittensor realm="bittensor", error="bad_signature"'


def first_words(server: Server, headers: dict[str, str]) -> bytes:
    """What the server says to a client that shows its headers and asks whether to send the body."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /echo HTTP/1.1", "Host: here", f"Content-Length: {len(BODY)}", "Expect: 100-continue", *lines]
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        return connection.recv(12, socket.MSG_WAITALL)


@pytest.mark.parametrize("server", UVICORNS, indirect=True)
def test_body_is_not_asked_for_when_the_headers_do_not_hold(server: Server) -> None:
    """Not with hypercorn, which asks for it before we are called."""
    assert first_words(server, {}) == b"HTTP/1.1 401"
    stale = sign(server, "POST", "/echo", BODY, nonce_ns=time.time_ns() - HOUR)
    assert first_words(server, stale) == b"HTTP/1.1 401"
    assert first_words(server, sign(server, "POST", "/echo", BODY)) == b"HTTP/1.1 100"
