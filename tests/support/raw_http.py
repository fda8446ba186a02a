"""HTTP/1.1 as bytes over keep-alive connections: no client library that corrects, retries or follows anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from time import perf_counter
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """One whole response."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def code(self) -> str:
        """The code of a problem answer; empty for any other."""
        if b"application/problem+json" not in self.head:
            return ""
        return str(json.loads(self.body)["code"])

    def header(self, name: str) -> str | None:
        return next(iter(self.headers(name)), None)

    def headers(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        pairs = [line.partition(b":") for line in self.head.split(b"\r\n")[1:]]
        key = name.lower().encode()
        return [value.strip().decode("latin-1") for known, _, value in pairs if known.strip().lower() == key]

    def json(self) -> Any:
        return json.loads(self.body)


class Lost(Exception):
    """The server closed or reset the connection instead of answering."""


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._waiting: asyncio.Future[Answer] | None = None
        self._sent_at = 0.0

    @classmethod
    async def open(cls, port: int) -> Connection:
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def send(self, request: bytes) -> asyncio.Future[Answer]:
        """Writes the bytes as they are; the answer comes in the future."""
        assert self._waiting is None, "one request at a time"
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        self._sent_at = perf_counter()
        if self._transport.is_closing():
            self._fail()
        else:
            self._transport.write(request)
        return waiting

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end])
        length = _content_length(head)
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(Answer(int(head[9:12]), head, body, perf_counter() - self._sent_at))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail()

    @property
    def is_closed(self) -> bool:
        return bool(self._transport.is_closing())

    def close(self) -> None:
        self._transport.abort()

    def _fail(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(Lost("the connection was closed without an answer"))


def request(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def json_request(method: str, target: str, fields: object = None, *, bearer: str | None = None) -> bytes:
    """A request of a session route."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return request(method, target, headers, b"" if fields is None else json.dumps(fields).encode())


def ask(port: int, *requests: bytes) -> list[Answer]:
    """Sends requests one after the other on a connection of their own."""

    async def send_all() -> list[Answer]:
        connection = await Connection.open(port)
        try:
            return [await asyncio.wait_for(connection.send(each), 10) for each in requests]
        finally:
            connection.close()

    return asyncio.run(send_all())


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    if at < 0:
        return 0
    return int(head[at + 17 :].split(b"\r\n", 1)[0])
