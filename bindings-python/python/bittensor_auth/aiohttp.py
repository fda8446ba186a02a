"""Signed requests for `aiohttp`.

```python
auth = HotkeyAuth("wallet/hotkey", receiver="5F…", origins=["https://api.example.org"])
async with aiohttp.ClientSession(middlewares=(auth,)) as session:
    await session.post("https://api.example.org/score", json=data)
```
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from time import time_ns
from typing import Any

from ._client import HEADER_NAMES, REDIRECTS, Destination, Destinations, origin_of
from ._errors import error

try:
    from aiohttp import BytesPayload, ClientHandlerType, ClientRequest, ClientResponse
    from aiohttp.abc import AbstractStreamWriter
    from yarl import URL
except ImportError as missing:
    message = 'aiohttp 3.12.14 or later is missing: pip install "bittensor-auth[aiohttp]"'
    raise error("invalid_configuration", message) from missing

__all__ = ["HotkeyAuth"]


class HotkeyAuth:
    """Client middleware that signs every request: `aiohttp.ClientSession(middlewares=(HotkeyAuth(…),))`.

    `signer`: a `Keypair`, a key pair or wallet of a chain library, or the text `wallet/hotkey`; its `sign` may be a
    coroutine. `receiver`: SS58 address of the service's hotkey, or a mapping from origin to address. `origins`: scheme,
    host and port that requests may go to; left out, the keys of the mapping. `correct_clock`: sign once more, by the
    server's clock, when a server answers `stale_request`.

    The whole body is read into memory before it is signed. Put it last, so that nothing changes the request after it.
    A redirect on the same origin is signed afresh. A redirect to another origin raises `redirect_refused` even with
    `allow_redirects=False`, which a middleware cannot see.

    Raises `ClientError`: `signing_refused` (nothing was sent), `redirect_refused`, `signer_failed`; and
    `AuthenticationError` `stale_request` when the clocks differ by more than 15 minutes. Other answers are returned.
    """

    def __init__(
        self,
        signer: Any,
        *,
        receiver: str | Mapping[str, str],
        origins: Iterable[str] | None = None,
        correct_clock: bool = True,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self._destinations = Destinations(
            signer, receiver=receiver, origins=origins, correct_clock=correct_clock, clock=clock
        )

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        origin = _origin(request.url)
        destination = self._destinations.at(origin)
        body = await _hold_body(request)
        response = await _attempt(destination, request, body, handler)
        status, headers = response.status, response.headers
        problem = await response.read() if destination.wants_body(status, headers) else None
        if destination.should_resign(status, headers, problem):
            response.release()
            response = await _attempt(destination, request, body, handler)
        if _leads_elsewhere(response, origin):
            response.close()
            raise error("redirect_refused")
        return response


async def _attempt(
    destination: Destination, request: ClientRequest, body: bytes, handler: ClientHandlerType
) -> ClientResponse:
    signed = await destination.signer.sign_async(request.method, request.url.raw_path_qs, body)
    for name in HEADER_NAMES:
        request.headers.popall(name, None)
    request.headers.update(signed)
    return await handler(request)


async def _hold_body(request: ClientRequest) -> bytes:
    """Makes the body the bytes that are hashed: whatever it is, it is written to memory as it would be sent."""
    if request.compress:
        message = "compress: expected a body that is compressed already, and its Content-Encoding"
        raise error("invalid_configuration", message)
    if not request.body:
        return b""
    writer = _Memory()
    await request.body.write(writer)
    body = b"".join(writer.pieces)
    if not isinstance(request.body, BytesPayload):
        await request.update_body(io.BytesIO(body))
    return body


def _leads_elsewhere(response: ClientResponse, origin: str) -> bool:
    if response.status not in REDIRECTS:
        return False
    location = response.headers.get("Location") or response.headers.get("URI") or ""
    try:
        target = URL(location, encoded=True)
    except ValueError:
        return False  # aiohttp refuses it as well
    return target.raw_host is not None and _origin(response.url.join(target)) != origin


def _origin(url: URL) -> str:
    return origin_of(url.scheme, url.raw_host or "", url.port)


class _Memory(AbstractStreamWriter):
    """Keeps what is written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(chunk))

    async def write_eof(self, chunk: bytes = b"") -> None:
        self.pieces.append(chunk)

    async def drain(self) -> None:
        pass

    def enable_compression(self, *_: Any, **__: Any) -> None:
        pass

    def enable_chunking(self) -> None:
        pass

    async def write_headers(self, *_: Any) -> None:
        pass
