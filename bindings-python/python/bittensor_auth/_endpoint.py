"""One node that answers JSON-RPC over HTTP POST or WebSocket. The core says what to send and what an answer means."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import _core
from ._errors import error

if TYPE_CHECKING:
    Plan = _core.SnapshotPlan | _core.PointPlan

CALL_TIMEOUT = 10.0
"""Seconds that a node has for each answer."""
_EXTRAS = {
    "http": 'httpx is not installed: pip install "bittensor-auth[httpx]"',
    "ws": 'websockets is not installed: pip install "bittensor-auth[websockets]"',
}


class Endpoint:
    """A node's URL: `https`, `wss`, or to a host of one's own network `http` and `ws`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
            raise error("invalid_configuration", "url: expected https://, wss://, http:// or ws:// and a host")
        if parts.username is not None:
            raise error("invalid_configuration", "url: expected no user name")
        if parts.scheme in ("http", "ws") and not _is_near(parts.hostname):
            raise error("invalid_configuration", "url: expected https or wss for a host outside of your own network")
        self._url = url
        self._over_http = parts.scheme.startswith("http")
        self.name = parts.hostname
        """For logs: keys hide in the rest of a URL."""
        self._calls = 0

    def check_library(self) -> None:
        """Raises `invalid_configuration` when the client library is missing."""
        try:
            if self._over_http:
                import httpx  # noqa: F401
            else:
                import websockets  # noqa: F401
        except ImportError:
            raise error("invalid_configuration", _EXTRAS["http" if self._over_http else "ws"]) from None

    async def run(self, plan: Plan, clock: Callable[[], int]) -> None:
        """Makes the calls of a plan, over one connection. Raises what the plan finds wrong with an answer."""
        await (self._run_http if self._over_http else self._run_ws)(plan, clock)

    async def _run_http(self, plan: Plan, clock: Callable[[], int]) -> None:
        import httpx

        # Not a client: that would write the whole URL to the log.
        async with httpx.AsyncHTTPTransport() as transport:
            while call := plan.call():
                try:
                    answer = await asyncio.wait_for(self._post(transport, call), CALL_TIMEOUT)
                except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, asyncio.TimeoutError, OSError):
                    answer = _core.RpcAnswer.unreachable()
                plan.answer(answer, clock())

    async def _post(self, transport: Any, call: _core.RpcCall) -> _core.RpcAnswer:
        import httpx

        number = self._next()
        request = httpx.Request(
            "POST",
            self._url,
            content=call.body(number),
            headers={"content-type": "application/json"},
            extensions={"timeout": httpx.Timeout(CALL_TIMEOUT).as_dict()},
        )
        response = await transport.handle_async_request(request)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _core.MAX_ANSWER_LEN:
                    break
        finally:
            await response.aclose()
        return _answer(response.status_code, response.headers.get("retry-after"), bytes(body), number)

    async def _run_ws(self, plan: Plan, clock: Callable[[], int]) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidStatus, WebSocketException

        try:
            socket = await connect(
                self._url, max_size=_core.MAX_ANSWER_LEN, open_timeout=CALL_TIMEOUT, close_timeout=1, ping_interval=None
            )
        except InvalidStatus as refused:
            response = refused.response
            answer = _core.RpcAnswer.from_http(response.status_code, _seconds(response.headers.get("retry-after")), b"")
            plan.answer(answer, clock())
            return
        except (WebSocketException, OSError, EOFError, asyncio.TimeoutError):
            plan.answer(_core.RpcAnswer.unreachable(), clock())
            return
        async with socket:
            while call := plan.call():
                plan.answer(await self._exchange(socket, call), clock())

    async def _exchange(self, socket: Any, call: _core.RpcCall) -> _core.RpcAnswer:
        from websockets.exceptions import ConnectionClosed

        number = self._next()
        try:
            await socket.send(call.body(number))
            message = await asyncio.wait_for(socket.recv(), CALL_TIMEOUT)
        except ConnectionClosed as closed:
            return _core.RpcAnswer.closed(closed.rcvd.code if closed.rcvd else None)
        except (OSError, asyncio.TimeoutError):
            return _core.RpcAnswer.unreachable()
        return _answer(200, None, message.encode() if isinstance(message, str) else message, number)

    def _next(self) -> int:
        self._calls += 1
        return self._calls


def _answer(status: int, retry_after: str | None, body: bytes, number: int) -> _core.RpcAnswer:
    """The answer, if it belongs to the call. An error may come without an id, from in front of a node."""
    if status == 200 and len(body) <= _core.MAX_ANSWER_LEN:
        found = _core.RpcAnswer.id_of(body)
        if found != number and not (found is None and _is_error(body)):
            return _core.RpcAnswer.unreachable()
    return _core.RpcAnswer.from_http(status, _seconds(retry_after), body)


def _is_error(body: bytes) -> bool:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return True  # the core says what is wrong with it
    return not isinstance(message, dict) or "result" not in message


def _seconds(retry_after: str | None) -> int | None:
    """`Retry-After` in seconds; its other form, a date, is as good as none."""
    text = (retry_after or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _is_near(host: str) -> bool:
    """A host of this machine or of a private network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local", ".localhost"))
    return address.is_loopback or address.is_private
