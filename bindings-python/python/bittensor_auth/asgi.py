"""Authentication for any ASGI application: Starlette, Quart, Litestar and others. FastAPI has `.fastapi`."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

from . import _core
from ._errors import BittensorAuthError, ConfigurationError, StoreError, error
from ._problem import set_cookie_headers
from ._service import MAX_ROUTE_BODY, Service

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from ._service import Answer

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["HotkeyAuth", "HotkeyAuthMiddleware", "caller_of"]

_STATES = "bittensor_auth"
"""Key in the ASGI scope: what each `HotkeyAuth` that saw the request knows of it."""
_UNUSUAL = re.compile(r"\A(?!/)|//|/\.\.?(?:/|\Z)|\\")
"""Paths that some application routes as if they were spelled otherwise."""


class _Disconnected(Exception):
    """The client went away while its body was read."""


class _State:
    """What is known of one request's credentials; lives in the ASGI scope."""

    __slots__ = ("by_cookie", "caller", "failure", "pending")

    def __init__(self, pending: _core.Pending | None) -> None:
        self.pending = pending
        self.caller: _core.Caller | None = None
        self.failure: BittensorAuthError | None = None
        self.by_cookie = False


class HotkeyAuth(Service):
    """Who calls this service. Give it to `HotkeyAuthMiddleware`.

    `receiver`: SS58 address of this service's hotkey (or several while it moves). `store`: `MemoryStore` for one
    process, `RedisStore` for many. `policy`: who is welcome; any hotkey that proves itself unless you say more.
    `registry`: where a policy finds who is registered (`bittensor_auth.registry`); sessions of hotkeys that leave the
    subnet are revoked.

    Sessions need `origin` (as in `https://dash.example.org`) and, with several workers, `secret`: at least 32 random
    bytes that all of them share, or the new and the old one while they change over. `cookies=True` lets a browser keep
    its tokens in `__Host-` cookies if it asks for that; only pages of `allowed_origins` (the site's own) can use them.

    Windows in seconds (`max_age` 10, `allowed_skew` 2, `body_budget` 0 for long uploads), lifetimes in seconds
    (`challenge_lifetime` 120, `access_lifetime` 900, `idle_lifetime` 7200, `absolute_lifetime` 86400, `refresh_grace`
    30), `schemes` (`("sr25519",)`), `body_limit` in bytes (1 MiB). `public_prefix`: what a proxy strips from the path.
    """

    async def check_signature(self, scope: Scope, receive: Receive) -> tuple[_State, Receive]:
        """Verifies the signature of a request that carries one; policy and claim follow when the caller is asked for.

        A request whose credentials do not hold is refused whatever it asks for.
        """
        if not _core.is_signed(scope["headers"]):
            return _State(None), receive
        head = self.verifier.check_head(scope["headers"], self.clock())
        if "raw_path" not in scope or scope["raw_path"] is None:
            raise error("invalid_configuration", "this ASGI server gives no raw_path: expected the path as received")
        body = await self._read(receive, head.update)
        raw_path, query = scope["raw_path"], scope["query_string"]
        pending = head.verify(scope["method"], self.public_prefix, raw_path, query)
        return _State(pending), _replay(body, receive)

    async def identify(
        self, scope: Scope, *, signed: bool = True, session: bool = True, policy: _core.Policy | None = None
    ) -> _core.Caller:
        """The caller of a request, proved by what is allowed here. Asking again gives the same answer.

        `policy` has to welcome the caller too, and says its roles then.
        """
        state: _State | None = scope.get(_STATES, {}).get(self)
        if state is None:
            raise error("invalid_configuration", "HotkeyAuthMiddleware is not installed on this application")
        # Before anything is claimed: a proof that is not taken here may be good elsewhere.
        if not (signed if state.pending is not None else session):
            raise error("missing_credentials", "this route takes " + ("a session" if session else "a signed request"))
        if state.failure is not None:
            raise state.failure
        if state.caller is None:
            try:
                if state.pending is not None:
                    state.caller = await self.settle(state.pending)
                elif self._sessions:
                    carrier, token = self.transport.session_token(scope["method"], scope["headers"])
                    state.by_cookie = carrier == "cookie"
                    state.caller, _ = await self.resume(token)
                else:
                    raise error("missing_credentials")
            except BittensorAuthError as failure:
                state.failure = failure
                raise
        return state.caller if policy is None else await self.welcome(state.caller, policy)

    async def _read(self, receive: Receive, take: Callable[[bytes], None]) -> bytes:
        """The whole body, as long as its request could still be claimed."""
        pieces: list[bytes] = []
        if await _take_piece(receive, take, pieces):
            try:
                await asyncio.wait_for(_take_rest(receive, take, pieces), self.verifier.claimable_seconds)
            except asyncio.TimeoutError:
                raise error("stale_request", "the body took too long: expected it within the window") from None
        return b"".join(pieces)


async def _take_piece(receive: Receive, take: Callable[[bytes], None], pieces: list[bytes]) -> bool:
    """Takes the next piece of a body; whether more follows."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Disconnected
    if piece := message.get("body", b""):
        take(piece)
        pieces.append(piece)
    return bool(message.get("more_body", False))


async def _take_rest(receive: Receive, take: Callable[[bytes], None], pieces: list[bytes]) -> None:
    while await _take_piece(receive, take, pieces):
        pass


class HotkeyAuthMiddleware:
    """Pure ASGI middleware. Protects every HTTP route below `protect`, and serves the session routes at
    `session_prefix` where the service has an origin. `ready`: the path of a readiness route, which is 503 until the
    registry knows the subnet.

    The application finds the caller with `caller_of(scope)`. Anything that is not protected passes untouched, unless it
    carries a signature that does not hold. Paths in an unusual form (without a leading slash, with double slashes, dot
    segments or backslashes) are protected wherever they seem to lead: applications differ in how they read them.
    """

    def __init__(
        self,
        app: App,
        auth: HotkeyAuth,
        *,
        protect: str | tuple[str, ...] = "/",
        session_prefix: str | None = "/auth",
        ready: str | None = None,
    ) -> None:
        self._app = app
        self._auth = auth
        self._protect = protect
        self._ready = ready
        self._routes = {} if session_prefix is None else session_routes(auth, session_prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, _start_first(self._auth, receive, send), send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            if self._ready is not None and _path_below_root(scope) == self._ready:
                await send_answer(send, *encode_json(self._auth.ready()))
                return
            if route := self._routes and self._routes.get((scope["method"], _path_below_root(scope))):
                answer = await serve_route(self._auth, route, scope, receive)
                await send_answer(send, *encode_json(answer, answer.cookies))
                return
            states = scope.setdefault(_STATES, {})
            if self._auth not in states:
                states[self._auth], receive = await self._auth.check_signature(scope, receive)
            if self._protect != () and (self._protects(_path_below_root(scope)) or self._protects(scope["path"])):
                await self._auth.identify(scope)
        except _Disconnected:
            return
        except BittensorAuthError as failure:
            await _answer_unread(receive, send, *self._auth.problem(failure, scope["headers"]).encode())
            return
        await self._app(scope, receive, _kept_private(states[self._auth], send) if self._auth.takes_cookies else send)

    def _protects(self, path: str) -> bool:
        return path.startswith(self._protect) or _UNUSUAL.search(path) is not None


def _kept_private(state: _State, send: Send) -> Send:
    """Adds `no-store` to an answer for a cookie where the application says nothing: shared caches know `Authorization`
    as a credential, and cookies not (spec/04 §11)."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and state.by_cookie:
            headers = list(message.get("headers", ()))
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                message = {**message, "headers": [*headers, (b"cache-control", b"no-store")]}
        await send(message)

    return sent


def _path_below_root(scope: Scope) -> str:
    """The path as the application knows it: some servers put their `root_path` in front."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "").rstrip("/"))


def caller_of(scope: Scope) -> _core.Caller:
    """The caller of a request that `HotkeyAuthMiddleware` let through."""
    states: dict[HotkeyAuth, _State] = scope.get(_STATES, {})
    for state in reversed(states.values()):
        if state.caller is not None:
            return state.caller
    raise error("missing_credentials", "this route is not protected: expected it below `protect`")


def session_routes(auth: Service, prefix: str) -> dict[tuple[str, str], Callable[..., Awaitable[Answer]]]:
    """Method and path of each session route."""
    return {
        ("POST", f"{prefix}/challenge"): auth.challenge,
        ("POST", f"{prefix}/session"): auth.log_in,
        ("POST", f"{prefix}/refresh"): auth.refresh,
        ("POST", f"{prefix}/logout"): auth.log_out,
        ("GET", f"{prefix}/session"): auth.whoami,
    }


async def serve_route(auth: Service, route: Callable[..., Awaitable[Answer]], scope: Scope, receive: Receive) -> Answer:
    """What one of the `session_routes` answers. The origin is checked before the body is read."""
    headers = scope["headers"]
    if scope["method"] == "POST":
        auth.transport.check_route(headers)
    return await route(headers, await _read_route_body(receive))


async def _read_route_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        piece: bytes = message.get("body", b"")
        body += piece
        if len(body) > MAX_ROUTE_BODY:
            raise error("payload_too_large", f"expected at most {MAX_ROUTE_BODY} bytes")
        if not message.get("more_body", False):
            return body


def encode_json(answer: dict[str, Any], cookies: Iterable[str] = ()) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """A 200 of a session route; tokens are in it, so nobody may keep it."""
    body = json.dumps(answer, separators=(",", ":")).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *set_cookie_headers(cookies),
    ]
    return 200, headers, body


async def send_answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """A whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _answer_unread(
    receive: Receive, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """A whole response to a request whose body may still be arriving.

    A server may hold `send` back until somebody reads what has arrived.
    """
    reader = asyncio.ensure_future(_discard(receive))
    try:
        await send_answer(send, status, headers, body)
    finally:
        reader.cancel()


async def _discard(receive: Receive) -> None:
    more = True
    while more:
        more = (await receive()).get("more_body", False)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read once more, then whatever the server says next."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _start_first(auth: Service, receive: Receive, send: Send) -> Receive:
    """Checks the deployment before the application starts; an unsafe one does not start."""

    async def checked() -> Message:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await auth.start()
            except ConfigurationError as failure:
                await send({"type": "lifespan.startup.failed", "message": f"{failure.code}: {failure}. {failure.hint}"})
                raise
            except StoreError:
                pass  # Requests are answered 503 until the store can be reached and checked.
        elif message["type"] == "lifespan.shutdown":
            await auth.stop()
        return message

    return checked
