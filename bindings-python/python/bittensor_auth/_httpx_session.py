"""Sessions for `httpx`: an auth class that logs in by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from time import time_ns
from typing import Any

import httpx

from ._client import MAX_ANSWER, is_readable, read_origin, read_problem, retry_after_of
from ._client_session import ClientSession, SessionInfo, read_answer
from ._errors import BittensorAuthError, error
from ._httpx_flow import IO, Flow, FlowAuth, exchange, request_origin


class SessionAuth(FlowAuth):
    """Logs in by itself and sends the session token: `httpx.Client(auth=SessionAuth(…))`. Thread- and task-safe.

    `base_url`: where the service is; the session routes are below it at `prefix`, and the token goes to its origin
    only. `signer`: as in `HotkeyAuth`, or `None` to live on a `refresh_token` from elsewhere. `login_origin`: the
    origin that login texts name, if it is not that of `base_url`. `form`: `"full"` or `"compact"`.

    Tokens are refreshed before they end, once however many requests wait. An answer that says that the session is over
    leads to one new login and a second attempt. While a refresh fails, the old token is used as long as it lasts.

    Raises what the session routes refuse (`AuthenticationError`, `AuthorizationError`, `StoreError`), `ClientError`
    (`challenge_refused`, `login_required`, `redirect_refused`, `signing_refused`, `signer_failed`), and
    `httpx.HTTPStatusError` when something else answers in their place.
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
    ) -> None:
        url = httpx.URL(base_url)
        if url.userinfo or url.query or url.fragment:
            raise error("invalid_configuration", "base_url: expected scheme, host and path only")
        self._origin = read_origin(request_origin(url))
        self._routes = f"{self._origin}{url.raw_path.decode('ascii').rstrip('/')}/{prefix.strip('/')}"
        site = self._origin if login_origin is None else read_origin(login_origin)
        self._session = ClientSession(signer, site=site, form=form, refresh_token=refresh_token, clock=clock)
        self._locks = (threading.Lock(), asyncio.Lock())

    @property
    def session(self) -> SessionInfo | None:
        """The session as far as it is known here, without its tokens."""
        return self._session.info

    def route(self, name: str) -> str:
        """URL of a session route."""
        return f"{self._routes}/{name}"

    def flow(self, request: httpx.Request, io: IO) -> Flow:
        if request_origin(request.url) != self._origin:
            raise error("signing_refused", "this session belongs to another origin")
        token = self._session.usable_token()
        if token is None:
            token = yield from self._renew(request, io)
        response: httpx.Response = yield from _send_with(token, request, io)
        if response.status_code != 401 or not is_readable(response.headers):
            return
        problem = read_problem(response.headers, (yield io.read(response)))
        if problem is not None and problem.retry in ("login", "refresh"):
            token = yield from self._renew(request, io, refused=token, cure=problem.retry)
            yield from _send_with(token, request, io)

    def log_in(self, request: httpx.Request, io: IO) -> Flow:
        """The flow of a login now, whatever there is."""
        lock = yield io.acquire(*self._locks)
        try:
            yield from self._log_in(request, io)
        finally:
            lock.release()

    def log_out(self, request: httpx.Request, io: IO) -> Flow:
        """The flow of a logout; `request` is the one to that route. Raises `login_required` if there is no session."""
        lock = yield io.acquire(*self._locks)
        try:
            token = self._session.usable_token()
            if token is None and self._session.can_refresh():
                token = yield from self._refresh(request, io)
            if token is None:
                raise error("login_required")
            response = yield from _send_with(token, request, io)
            yield from _answer(response, io)
            self._session.forget()
        except BittensorAuthError as failure:
            if failure.retry == "login":
                self._session.forget()
            raise
        finally:
            lock.release()

    def _renew(self, request: httpx.Request, io: IO, *, refused: str | None = None, cure: str = "refresh") -> Flow:
        """A session token other than `refused`: one that somebody else got meanwhile, a refreshed or a new one."""
        lock = yield io.acquire(*self._locks)
        try:
            token = self._session.usable_token()
            if token is not None and token != refused:
                return token
            if cure == "login" and self._session.token == refused:
                self._session.forget()
            if self._session.can_refresh():
                token = yield from self._refresh(request, io)
                if token is not None:
                    return token
            self._session.forget()
            return (yield from self._log_in(request, io))
        finally:
            lock.release()

    def _log_in(self, request: httpx.Request, io: IO) -> Flow:
        session = self._session
        challenge = yield from self._ask("challenge", session.challenge_request(), request, io)
        text, sealed = session.open_challenge(challenge)
        signature = yield io.sign_text(session.log_in_as(), text)
        answer = session.login_request(text, sealed, signature)
        return session.granted((yield from self._ask("session", answer, request, io)))

    def _refresh(self, request: httpx.Request, io: IO) -> Flow:
        """The next session token, or the old one while it works, or `None` if the session is over."""
        try:
            fields = yield from self._ask("refresh", self._session.refresh_request(), request, io)
        except GeneratorExit:  # no network: httpx does not tell, it ends the flow
            self._session.refresh_failed()
            raise
        except (BittensorAuthError, httpx.HTTPError) as failure:
            if isinstance(failure, BittensorAuthError) and failure.retry == "login":
                return None
            token = self._session.refresh_failed(_retry_after(failure))
            if token is None:
                raise
            return token
        return self._session.granted(fields)

    def _ask(self, route: str, fields: Mapping[str, str], request: httpx.Request, io: IO) -> Flow:
        """What a session route answers, asked with the time-outs of `request`."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if "User-Agent" in request.headers:
            headers["User-Agent"] = request.headers["User-Agent"]
        extensions = {"timeout": request.extensions["timeout"]} if "timeout" in request.extensions else {}
        question = httpx.Request("POST", self.route(route), json=dict(fields), headers=headers, extensions=extensions)
        response = yield from exchange(io, question, ())
        return (yield from _answer(response, io))


def _send_with(token: str, request: httpx.Request, io: IO) -> Flow:
    request.headers["Authorization"] = f"Bearer {token}"
    return (yield from exchange(io, request, ("Authorization",)))


def _answer(response: httpx.Response, io: IO) -> Flow:
    """The JSON object of a session route; raises for everything else but an empty 204."""
    length = response.headers.get("Content-Length", "0")
    body = (yield io.read(response)) if length.isdecimal() and int(length) <= MAX_ANSWER else b""
    fields = read_answer(response.status_code, response.headers, body)
    if fields is None:
        response.raise_for_status()
    return fields or {}


def _retry_after(failure: Exception) -> int | None:
    if isinstance(failure, httpx.HTTPStatusError):
        return retry_after_of(failure.response.headers)
    return failure.retry_after if isinstance(failure, BittensorAuthError) else None
