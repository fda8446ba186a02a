"""Whatever comes in over the wire, the answer is a proper refusal and the log holds no traceback."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from support.callers import Caller
from support.hostile import Hostile, requests
from support.problems import check_refusal
from support.processes import wait_until
from support.raw_http import Answer, Connection, Lost, ask, json_request
from support.web_server import WebServer

LONGEST = 2.0
"""Seconds for an answer."""


@pytest.fixture(scope="module", params=["httptools", "h11"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    log = tmp_path_factory.mktemp("hostile") / "web.log"
    with WebServer(log, "--http", request.param, first_start=True) as server:
        yield server.wait_until_serving()


@pytest.fixture(autouse=True)
def unharmed(server: WebServer) -> Iterator[None]:
    """After each test the server takes an honest request, and its log shows no surprise."""
    logged = len(server.process.log)
    yield
    (answer,) = ask(server.port, Caller(server.receiver).request(body=b"{}"))
    assert answer.status == 200
    new = server.process.log[logged:]
    assert "Traceback" not in new and "Exception" not in new, new[-2_000:]


def raw(hostile: Hostile) -> bytes:
    """The bytes of a request, with nothing escaped or corrected."""
    body = b"".join(hostile.pieces)
    head = [hostile.method.encode() + b" " + hostile.target + b" HTTP/1.1", b"Host: 127.0.0.1"]
    head += [name + b": " + value for name, value in hostile.headers]
    return b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", b""]) + body


async def answer_to(port: int, request: bytes) -> Answer | None:
    """The answer, or `None` if the server closed the connection instead."""
    connection = await Connection.open(port)
    try:
        return await asyncio.wait_for(connection.send(request), LONGEST)
    except Lost:
        return None
    finally:
        connection.close()


def check(answer: Answer) -> str:
    """Who answered: a code of ours, or the server's own refusal of what is no HTTP."""
    headers = {name.strip().lower(): value.strip() for name, _, value in (
        line.partition(b":") for line in answer.head.split(b"\r\n")[1:]
    )}  # fmt: skip
    if headers.get(b"content-type") == b"application/problem+json":
        return check_refusal(answer.status, headers, answer.body)
    assert answer.status in (400, 404, 405, 414, 431)
    return f"the server's own {answer.status}"


def test_every_hostile_request_is_answered_and_refused(server: WebServer, report: Callable[[str], None]) -> None:
    async def send_all() -> Counter[str]:
        seen: Counter[str] = Counter()
        for hostile in requests(Caller(server.receiver)):
            answer = await answer_to(server.port, raw(hostile))
            assert answer is not None, hostile.name
            assert answer.status >= 400, hostile.name
            seen[check(answer)] += 1
        return seen

    report(f"hostile requests over a raw socket: {dict(asyncio.run(send_all()).most_common())}")


NO_HTTP = {
    "a NUL in a value": b"POST /score HTTP/1.1\r\nHost: a\r\nX-Bittensor-Hotkey: a\x00b\r\n\r\n",
    "a NUL in a name": b"POST /score HTTP/1.1\r\nHost: a\r\nX-Bittensor\x00-Hotkey: a\r\n\r\n",
    "a folded line": b"POST /score HTTP/1.1\r\nHost: a\r\nX-Bittensor-Hotkey: a\r\n b\r\n\r\n",
    "bare line feeds": b"POST /score HTTP/1.1\nHost: a\nX-Bittensor-Hotkey: a\n\n",
    "a space before the colon": b"POST /score HTTP/1.1\r\nHost: a\r\nX-Bittensor-Hotkey : a\r\n\r\n",
    "two lengths": b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a bad chunk": b"POST /auth/challenge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n",
    "the absolute form": b"POST http://127.0.0.1/score HTTP/1.1\r\nHost: a\r\n\r\n",
    "the asterisk form": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "the authority form": b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"BREW /score HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method of 40 KB": b"B" * 40_000 + b" /score HTTP/1.1\r\nHost: a\r\n\r\n",
    "a fragment": b"POST /score#x HTTP/1.1\r\nHost: a\r\n\r\n",
    "a target of bytes": b"POST /sc\xffore HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /score\r\n\r\n",
    "HTTP/1.0": b"POST /score HTTP/1.0\r\n\r\n",
    "HTTP/3.7": b"POST /score HTTP/3.7\r\nHost: a\r\n\r\n",
    "no host": b"POST /score HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500 + b"\r\n\r\n",
    "an upgrade": b"GET /score HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_hardly_http_harms_nothing(server: WebServer, name: str) -> None:
    """The server decides what is HTTP; all of it that reaches us is refused without credentials."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=LONGEST) as connection:
        connection.sendall(NO_HTTP[name])
        connection.shutdown(socket.SHUT_WR)
        reply = connection.recv(65_536)
    assert not reply.startswith((b"HTTP/1.1 2", b"HTTP/1.1 5", b"HTTP/1.0 2", b"HTTP/1.0 5")), reply[:200]


@pytest.mark.parametrize("path", ["/score", "/auth/challenge", "/auth/session", "/auth/refresh", "/auth/logout"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunks"])
def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nothing(
    server: WebServer, path: str, chunked: bool
) -> None:
    headers = Caller(server.receiver).headers("POST", path, b"x" * 100) if path == "/score" else {}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if chunked:
        head += "Transfer-Encoding: chunked\r\n\r\n5\r\nxxxxx\r\n"
    else:
        head += "Content-Length: 100\r\n\r\nxxxxx"
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port), timeout=LONGEST) as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\n{head}".encode())
    wait_until(server.serves, seconds=5, what="it answers others")


def test_pipelined_requests_are_each_judged_by_themselves(server: WebServer) -> None:
    """One good request in front lends nothing to those behind it."""
    caller = Caller(server.receiver)
    good = caller.request(body=b"{}")
    bare = json_request("POST", "/score", {})
    with socket.create_connection(("127.0.0.1", server.port), timeout=LONGEST) as connection:
        connection.sendall(good + bare + good)
        received = b""
        while received.count(b"HTTP/1.1 ") < 3 or not received.endswith(b"}"):
            received += connection.recv(65_536)
    codes = re.findall(rb'HTTP/1.1 (\d+)|"code":"(\w+)"', received)
    assert [b"".join(pair) for pair in codes] == [b"200", b"401", b"missing_credentials", b"401", b"replayed_request"]
