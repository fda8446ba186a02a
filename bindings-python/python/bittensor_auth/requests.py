"""Signed requests for `requests`.

```python
auth = HotkeyAuth("wallet/hotkey", receiver="5F…", origins=["https://api.example.org"])
requests.post("https://api.example.org/score", json=data, auth=auth)
```

Retries: `urllib3.Retry` sends the same headers again, and the second is refused as `replayed_request`. Leave it off (it
is, unless an adapter with `max_retries` is mounted) and retry whole calls instead: each is signed afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from time import time_ns
from typing import Any
from urllib.parse import urljoin, urlsplit

from ._client import HEADER_NAMES, Destination, Destinations, is_redirect, origin_of
from ._errors import error

try:
    from requests import PreparedRequest, Response
    from requests.auth import AuthBase
except ImportError as missing:
    raise error("invalid_configuration", 'requests is missing: pip install "bittensor-auth[requests]"') from missing

__all__ = ["HotkeyAuth"]

_SIGNATURE = "X-Bittensor-Signature"


class HotkeyAuth(AuthBase):
    """Signs every request of a session, or one: `auth=HotkeyAuth(…)`. Thread-safe.

    `signer`: a `Keypair`, a key pair or wallet of a chain library, or the text `wallet/hotkey`. `receiver`: SS58
    address of the service's hotkey, or a mapping from origin to address. `origins`: scheme, host and port that requests
    may go to; left out, the keys of the mapping. `correct_clock`: sign once more, by the server's clock, when a server
    answers `stale_request`.

    The whole body is read into memory before it is signed, files and generators too. A redirect on the same origin is
    followed as the session says: without a signature first and, if that is refused, with a new one. A redirect to
    another origin raises `redirect_refused` even with `allow_redirects=False`, which an auth class cannot see.

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

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        origin = _origin(request.url)
        destination = self._destinations.at(origin)
        _hold_body(request)
        _sign(destination, request)
        request.hooks["response"].append(partial(_answered, destination, origin))
        return request


def _sign(destination: Destination, request: PreparedRequest) -> None:
    body = request.body or b""
    assert isinstance(body, bytes), "held in memory since the first attempt"
    signed = destination.signer.sign(request.method or "", request.path_url, body)
    _remove_signature(request)
    request.headers.update(signed)


def _remove_signature(request: PreparedRequest) -> None:
    for name in HEADER_NAMES:
        request.headers.pop(name, None)


def _hold_body(request: PreparedRequest) -> None:
    """Makes the body the bytes that are hashed."""
    body: Any = request.body
    if body is None or isinstance(body, bytes):
        return
    if isinstance(body, (str, bytearray, memoryview)):
        pieces = [body]
    else:
        pieces = [body.read()] if hasattr(body, "read") else body
    request.body = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
    request.headers.pop("Transfer-Encoding", None)
    request.headers["Content-Length"] = str(len(request.body))
    # Otherwise a redirect would try to rewind the file that this was.
    vars(request)["_body_position"] = None


def _answered(destination: Destination, origin: str, response: Response, **settings: Any) -> Response:
    """Hook of every response, also of a redirected one: `requests` copies hooks and headers into the next request."""
    request = response.request
    if _origin(request.url) != origin:
        response.close()
        raise error("redirect_refused")
    if _SIGNATURE not in request.headers and response.status_code == 401:
        # A redirect on the same origin was followed. The URL may be spelled otherwise than it will be sent.
        request.prepare_url(request.url, None)
        response = _send_again(destination, response, settings)
    if _SIGNATURE in request.headers and _should_resign(destination, response):
        response = _send_again(destination, response, settings)
    if is_redirect(response.status_code, response.headers):
        target = _origin(urljoin(response.url, response.headers["Location"]))
        if target != origin:
            response.close()
            raise error("redirect_refused")
    # It is used up: whatever copies or sends this request again starts without one.
    _remove_signature(request)
    return response


def _should_resign(destination: Destination, response: Response) -> bool:
    status, headers = response.status_code, response.headers
    body = response.content if destination.wants_body(status, headers) else None
    return destination.should_resign(status, headers, body)


def _send_again(destination: Destination, response: Response, settings: dict[str, Any]) -> Response:
    response.close()
    request = response.request
    _sign(destination, request)
    again: Response = response.connection.send(request, **settings)
    again.history.append(response)
    again.request = request
    return again


def _origin(url: str | None) -> str:
    parts = urlsplit(url or "")
    return origin_of(parts.scheme, parts.hostname or "", parts.port)
