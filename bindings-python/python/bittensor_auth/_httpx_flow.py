"""How the auth classes of `.httpx` send: one flow for both kinds of client, and no redirect with credentials."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

import httpx

from ._client import origin_of
from ._errors import error
from ._signers import Identity
from ._signing import RequestSigner

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    import threading

Flow = Generator[Any, Any, Any]
"""Yields a request to send it and gets the response, or yields what a method of `io` returned and gets its result."""

_Trace = Callable[[str, dict[str, Any]], Any]
_WRITES = ".send_request_headers.started"
_STEPS = (_WRITES, ".connect_tcp.started", ".connect_unix_socket.started")


class FlowAuth(httpx.Auth):
    """Runs `flow` in `httpx.Client` and in `httpx.AsyncClient`."""

    requires_request_body = True

    def flow(self, request: httpx.Request, io: IO) -> Flow:
        """Everything that happens to one request, whose body is in memory."""
        raise NotImplementedError

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        flow = self.flow(request, Blocking())
        try:
            step = next(flow)
            while True:
                step = flow.send((yield step) if isinstance(step, httpx.Request) else step)
        except StopIteration:
            return
        finally:
            flow.close()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        await request.aread()
        flow = self.flow(request, Awaiting())
        try:
            step = next(flow)
            while True:
                step = flow.send((yield step) if isinstance(step, httpx.Request) else await step)
        except StopIteration:
            return
        finally:
            flow.close()


class Blocking:
    """What a flow needs done in a `Client`."""

    def read(self, response: httpx.Response) -> bytes:
        return response.read()

    def acquire(self, lock: threading.Lock, _: asyncio.Lock) -> threading.Lock:
        lock.acquire()
        return lock

    def sign_request(self, signer: RequestSigner, method: str, target: str, body: bytes) -> dict[str, str]:
        return signer.sign(method, target, body)

    def sign_text(self, identity: Identity, text: bytes) -> Any:
        signature = identity.sign(text)
        if hasattr(signature, "__await__"):
            signature.close() if hasattr(signature, "close") else None
            raise error("signer_failed", "this signer is asynchronous: expected an asynchronous client")
        return signature

    def trace(self, guard: Callable[[str, dict[str, Any]], None], inner: _Trace | None) -> _Trace:
        def trace(event: str, info: dict[str, Any]) -> None:
            guard(event, info)
            if inner is not None:
                inner(event, info)

        return trace


class Awaiting:
    """The same in an `AsyncClient`."""

    async def read(self, response: httpx.Response) -> bytes:
        return await response.aread()

    async def acquire(self, _: threading.Lock, lock: asyncio.Lock) -> asyncio.Lock:
        await lock.acquire()
        return lock

    async def sign_request(self, signer: RequestSigner, method: str, target: str, body: bytes) -> dict[str, str]:
        return await signer.sign_async(method, target, body)

    async def sign_text(self, identity: Identity, text: bytes) -> Any:
        signature = identity.sign(text)
        return await signature if isinstance(signature, Awaitable) else signature

    def trace(self, guard: Callable[[str, dict[str, Any]], None], inner: _Trace | None) -> _Trace:
        async def trace(event: str, info: dict[str, Any]) -> None:
            guard(event, info)
            if inner is not None:
                await inner(event, info)

        return trace


IO = Blocking | Awaiting


def exchange(io: IO, request: httpx.Request, credentials: tuple[str, ...] | list[str]) -> Flow:
    """Sends one attempt and returns its response; the headers named `credentials` go nowhere else.

    A client that follows redirects copies headers and body into the next request below this flow, whatever its origin.
    `httpcore` reports each request before it connects and writes (the `trace` extension, which is copied as well), so
    the second one is stopped there. A transport without `trace` is found out afterwards.
    """
    extensions = request.extensions
    request.extensions = {**extensions, "trace": io.trace(_once(), extensions.get("trace"))}
    try:
        response: httpx.Response = yield request
    finally:
        request.extensions = extensions
    if response.request is not request:
        raise _refused()
    # A client that does not follow redirects still prepares the next request, for a caller who does.
    if response.next_request is not None:
        response.next_request.extensions = dict(extensions)
        for name in credentials:
            response.next_request.headers.pop(name, None)
    return response


def request_origin(url: httpx.URL) -> str:
    """The origin that a request for this URL is sent to."""
    return origin_of(url.scheme, url.raw_host.decode("ascii"), url.port)


def _once() -> Callable[[str, dict[str, Any]], None]:
    """Lets one request be written, and no connection be opened after that."""
    sent = False

    def guard(event: str, info: dict[str, Any]) -> None:
        nonlocal sent
        if not event.endswith(_STEPS):
            return
        if sent:
            raise _refused()
        # A proxy is asked for a tunnel first.
        sent = event.endswith(_WRITES) and info["request"].method != b"CONNECT"

    return guard


def _refused() -> Exception:
    message = "the client followed a redirect of an authenticated request: expected follow_redirects=False"
    return error("redirect_refused", message)
