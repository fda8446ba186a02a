"""HTTP over a bare socket: what is sent is what was written here, byte for byte."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TIMEOUT = 30


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int,
    method: str,
    target: str | bytes,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """One request, in exactly this spelling, on a connection of its own."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raw_target = target.encode("ascii") if isinstance(target, str) else target
    lines = [
        b"%s %s HTTP/1.1" % (method.encode(), raw_target),
        b"Host: 127.0.0.1:%d" % port,
        *(f"{name}: {value}".encode("latin-1") for name, value in pairs),
        b"Content-Length: %d" % len(body),
    ]
    return exchange(port, b"\r\n".join(lines) + b"\r\n\r\n" + body, method)


class Witness:
    """A server that remembers request lines and answers 200 to everything, so that a test sees what a client sent."""

    receiver = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"

    def __init__(self) -> None:
        self.request_lines: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self._listener.accept()
                with connection, connection.makefile("rb") as stream:
                    self.request_lines.append(stream.readline())
                    while stream.readline().strip():
                        pass
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    def close(self) -> None:
        self._listener.close()


def exchange(port: int, request: bytes, method: str = "GET") -> Answer:
    """Sends these bytes and reads one answer, which may come before all of them are sent."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(request)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return Answer(response.status, response.headers, response.read())
