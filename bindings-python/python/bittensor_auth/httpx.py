"""Signed requests and sessions for `httpx`, blocking and asynchronous.

```python
auth = HotkeyAuth("wallet/hotkey", receiver="5F…", origins=["https://api.example.org"])
httpx.post("https://api.example.org/score", json=data, auth=auth)
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import time_ns
from typing import Any

from ._client import HEADER_NAMES, Destination, Destinations
from ._client_session import SessionInfo, read_answer, read_info
from ._errors import BittensorAuthError, error

try:
    import httpx
except ImportError as missing:
    raise error("invalid_configuration", 'httpx is not installed: pip install "bittensor-auth[httpx]"') from missing

from ._httpx_flow import IO, Flow, FlowAuth, exchange, request_origin
from ._httpx_session import SessionAuth

__all__ = ["AsyncSessionClient", "HotkeyAuth", "SessionAuth", "SessionClient", "SessionInfo"]


class HotkeyAuth(FlowAuth):
    """Signs every request of a client, or one: `auth=HotkeyAuth(…)`. Thread-safe; for both kinds of client.

    `signer`: a `Keypair`, a key pair or wallet of a chain library, or the text `wallet/hotkey`; in an `AsyncClient` its
    `sign` may be a coroutine. `receiver`: SS58 address of the service's hotkey, or a mapping from origin to address.
    `origins`: scheme, host and port that requests may go to; left out, the keys of the mapping. `correct_clock`: sign
    once more, by the server's clock, when a server answers `stale_request`.

    The whole body is read into memory before it is signed. Each attempt has its own nonce. A redirect is returned as it
    came; a client that follows redirects gets `redirect_refused`.

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

    def flow(self, request: httpx.Request, io: IO) -> Flow:
        destination = self._destinations.at(request_origin(request.url))
        response: httpx.Response = yield from self._attempt(destination, request, io)
        status, headers = response.status_code, response.headers
        body: bytes | None = (yield io.read(response)) if destination.wants_body(status, headers) else None
        if destination.should_resign(status, headers, body):
            yield from self._attempt(destination, request, io)

    def _attempt(self, destination: Destination, request: httpx.Request, io: IO) -> Flow:
        if not request.url.query:
            # Some servers drop a bare `?`, so it is neither signed nor sent.
            request.url = request.url.copy_with(query=None)
        target = request.url.raw_path.decode("ascii")
        signed = yield io.sign_request(destination.signer, request.method, target, request.content)
        for name in HEADER_NAMES:
            request.headers.pop(name, None)
        request.headers.update(signed)
        return (yield from exchange(io, request, HEADER_NAMES))


class SessionClient(httpx.Client):
    """An `httpx.Client` with a session: `SessionClient("https://api.example.org", "wallet/hotkey").get("/me")`.

    Takes what `SessionAuth` takes, and as `options` whatever else `httpx.Client` takes. Used in a `with` block it
    closes its connections; it logs out only when told to.
    """

    def __init__(
        self,
        base_url: str,
        signer: Any = None,
        *,
        prefix: str = "/auth",
        login_origin: str | None = None,
        form: str | None = None,
        refresh_token: str | None = None,
        clock: Callable[[], int] = time_ns,
        **options: Any,
    ) -> None:
        self._session_auth = SessionAuth(
            base_url,
            signer,
            prefix=prefix,
            login_origin=login_origin,
            form=form,
            refresh_token=refresh_token,
            clock=clock,
        )
        super().__init__(base_url=base_url, auth=self._session_auth, **options)

    @property
    def session(self) -> SessionInfo | None:
        """The session as far as it is known here, without its tokens."""
        return self._session_auth.session

    def login(self) -> SessionInfo:
        """Logs in now. Without it the first request does."""
        self.send(self.build_request("POST", self._session_auth.route("session")), auth=_Run(self._session_auth.log_in))
        return _present(self.session)

    def logout(self) -> None:
        """Ends the session on the server. A later request logs in again if there is a signer."""
        try:
            request = self.build_request("POST", self._session_auth.route("logout"))
            self.send(request, auth=_Run(self._session_auth.log_out))
        except BittensorAuthError as failure:
            _still_there(failure)

    def whoami(self) -> SessionInfo:
        """Asks the server whose session this is."""
        return _who(self.get(self._session_auth.route("session")))


class AsyncSessionClient(httpx.AsyncClient):
    """`SessionClient` for `asyncio`; the signer's `sign` may be a coroutine."""

    def __init__(
        self,
        base_url: str,
        signer: Any = None,
        *,
        prefix: str = "/auth",
        login_origin: str | None = None,
        form: str | None = None,
        refresh_token: str | None = None,
        clock: Callable[[], int] = time_ns,
        **options: Any,
    ) -> None:
        self._session_auth = SessionAuth(
            base_url,
            signer,
            prefix=prefix,
            login_origin=login_origin,
            form=form,
            refresh_token=refresh_token,
            clock=clock,
        )
        super().__init__(base_url=base_url, auth=self._session_auth, **options)

    @property
    def session(self) -> SessionInfo | None:
        """The session as far as it is known here, without its tokens."""
        return self._session_auth.session

    async def login(self) -> SessionInfo:
        """Logs in now. Without it the first request does."""
        request = self.build_request("POST", self._session_auth.route("session"))
        await self.send(request, auth=_Run(self._session_auth.log_in))
        return _present(self.session)

    async def logout(self) -> None:
        """Ends the session on the server. A later request logs in again if there is a signer."""
        try:
            request = self.build_request("POST", self._session_auth.route("logout"))
            await self.send(request, auth=_Run(self._session_auth.log_out))
        except BittensorAuthError as failure:
            _still_there(failure)

    async def whoami(self) -> SessionInfo:
        """Asks the server whose session this is."""
        return _who(await self.get(self._session_auth.route("session")))


class _Run(FlowAuth):
    """A flow of its own for one request."""

    def __init__(self, flow: Callable[[httpx.Request, IO], Flow]) -> None:
        self._flow = flow

    def flow(self, request: httpx.Request, io: IO) -> Flow:
        return self._flow(request, io)


def _who(response: httpx.Response) -> SessionInfo:
    """What `whoami` answered."""
    fields = read_answer(response.status_code, response.headers, response.content)
    response.raise_for_status()
    return _present(read_info(fields or {}))


def _present(info: SessionInfo | None) -> SessionInfo:
    if info is None:
        raise error("login_required")
    return info


def _still_there(failure: BittensorAuthError) -> None:
    """A logout finds no session any more: that is what was asked for."""
    if failure.retry != "login":
        raise failure
