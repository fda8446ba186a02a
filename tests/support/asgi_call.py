"""An ASGI application called in process, with a scope as uvicorn makes it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from bittensor_auth.asgi import encode_json, send_answer

Headers = Iterable[tuple[bytes, bytes]]


class Response(NamedTuple):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a problem answer; empty for any other."""
        if self.headers.get(b"content-type") != b"application/problem+json":
            return ""
        return str(json.loads(self.body)["code"])

    def json(self) -> Any:
        return json.loads(self.body)


def scope_of(method: str, target: bytes | str, headers: Headers = ()) -> dict[str, Any]:
    """The scope of a request."""
    raw = target.encode() if isinstance(target, str) else target
    path, _, query = raw.partition(b"?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path.decode("latin-1")), "raw_path": path, "query_string": query, "root_path": "",
        "headers": [(name.lower(), value) for name, value in headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip


async def reached(scope: Any, receive: Any, send: Any) -> None:
    """An application that says that a request reached it."""
    await send_answer(send, *encode_json({"reached": True}))


async def call(
    app: Callable[..., Awaitable[None]], method: str, target: bytes | str, headers: Headers = (), *pieces: bytes
) -> Response:
    """The answer to one request whose body comes in `pieces`."""
    return await call_scope(app, scope_of(method, target, headers), *pieces)


async def call_scope(
    app: Callable[..., Awaitable[None]],
    scope: dict[str, Any],
    *pieces: bytes,
    before_piece: Callable[[int], None] | None = None,
) -> Response:
    """The same for a scope at hand; `before_piece` is told the number of each piece."""
    body = list(pieces) or [b""]
    given = 0
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal given
        if given == len(body):
            return {"type": "http.disconnect"}
        if before_piece is not None:
            before_piece(given)
        given += 1
        return {"type": "http.request", "body": body[given - 1], "more_body": given < len(body)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return Response(sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:]))


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI carries them."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
