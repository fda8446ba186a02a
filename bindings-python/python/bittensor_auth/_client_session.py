"""A client's session, whatever library sends: its tokens, its schedule, and what the session routes answer. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import _core
from ._client import ServerClock, read_object, read_problem, server_time_of, whole_number
from ._errors import BittensorAuthError, error
from ._signers import Identity, signature_bytes

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,512}")
_LATEST_S = 1 << 34  # the year 2514; in nanoseconds it still fits 64 bits


class SessionInfo(NamedTuple):
    """A session, without its tokens. Times in Unix seconds on the server's clock."""

    hotkey: str
    role: str | None
    expires_at: int
    """End of the session token; it is refreshed before."""
    refresh_expires_at: int | None
    """End of the session unless it is refreshed; `None` where the server does not say."""


class _Grant:
    """Tokens, and when to exchange them."""

    __slots__ = ("info", "refresh_token", "schedule", "session_token")

    def __init__(self, fields: Mapping[str, Any], issued_at_ms: int) -> None:
        info = read_info(fields)
        tokens = [fields.get("session_token"), fields.get("refresh_token")]
        if info is None or info.refresh_expires_at is None:
            raise _no_session()
        if not all(isinstance(token, str) and _TOKEN.fullmatch(token) for token in tokens):
            raise _no_session()
        self.session_token, self.refresh_token = map(str, tokens)
        self.info = info
        ends = (info.expires_at * 1_000_000_000, info.refresh_expires_at * 1_000_000_000)
        self.schedule = _core.RefreshSchedule(issued_at_ms * 1_000_000, *ends)


class ClientSession:
    """The state of one session. Changes are made by whoever holds its lock; reading needs none."""

    __slots__ = ("_clock", "_form", "_grant", "_identity", "_refresh_token", "_site")

    def __init__(
        self, signer: Any, *, site: str, form: str | None, refresh_token: str | None, clock: Callable[[], int]
    ) -> None:
        if signer is None and refresh_token is None:
            raise error("invalid_configuration", "expected a signer that can log in, or a refresh token")
        self._identity = None if signer is None else Identity(signer)
        self._site = site
        self._form = form
        self._refresh_token = refresh_token
        self._clock = ServerClock(clock)
        self._grant: _Grant | None = None

    @property
    def info(self) -> SessionInfo | None:
        grant = self._grant
        return None if grant is None else grant.info

    @property
    def token(self) -> str | None:
        grant = self._grant
        return None if grant is None else grant.session_token

    def usable_token(self) -> str | None:
        """The token to send now; `None` when it is time for a refresh or a login.

        Raises `store_unavailable` while a failed refresh has to wait and the old token is over.
        """
        grant = self._grant
        if grant is None:
            return None
        now = self._clock()
        step, until = grant.schedule.next(now)
        if step != "wait":
            return None
        if not grant.schedule.is_usable(now):
            wait = -(-((until or now) - now) // 1_000_000_000)
            raise error("store_unavailable", "the last refresh failed: wait, then try again", retry_after=max(wait, 1))
        return grant.session_token

    def can_refresh(self) -> bool:
        """Whether there is a refresh token that may still work."""
        grant = self._grant
        if grant is None:
            return self._refresh_token is not None
        return grant.schedule.next(self._clock())[0] != "log_in"

    # Login

    def log_in_as(self) -> Identity:
        """Who logs in. Raises `login_required` when nobody can."""
        if self._identity is None:
            raise error("login_required")
        return self._identity

    def challenge_request(self) -> dict[str, str]:
        """Body of `POST challenge`."""
        return {"hotkey": self.log_in_as().address, **({"form": self._form} if self._form else {})}

    def open_challenge(self, fields: Mapping[str, Any]) -> tuple[bytes, str]:
        """The text to sign, and its seal. Raises `challenge_refused` for a text that is not made for this client."""
        text, sealed = fields.get("challenge"), fields.get("sealed")
        if not isinstance(text, str) or not isinstance(sealed, str):
            raise error("challenge_refused", "the answer holds no challenge: expected the session routes there")
        self._correct_clock(fields)
        _core.check_login_text(text, self._site, self.log_in_as().address, self._clock())
        return text.encode(), sealed

    def login_request(self, text: bytes, sealed: str, signature: bytes | str) -> dict[str, str]:
        """Body of `POST session`. Raises `signer_failed` for a signature that does not hold."""
        identity = self.log_in_as()
        raw = signature_bytes(signature)
        try:
            # 65 bytes start with a type byte; the server checks and drops it.
            _core.Hotkey(identity.address).verify(text, raw[1:] if len(raw) == 65 else raw, identity.scheme)
        except BittensorAuthError as cause:
            raise error("signer_failed") from cause
        return {
            "hotkey": identity.address,
            "sealed": sealed,
            "signature": f"0x{raw.hex()}",
            "scheme": identity.scheme,
        }

    def granted(self, fields: Mapping[str, Any]) -> str:
        """Keeps the tokens of a login or a refresh, and returns the session token."""
        self._correct_clock(fields)
        grant = _Grant(fields, server_time_of(fields) or self._clock() // 1_000_000)
        if self._identity is not None and grant.info.hotkey != self._identity.address:
            raise _no_session()
        self._grant, self._refresh_token = grant, grant.refresh_token
        return grant.session_token

    # Refresh

    def refresh_request(self) -> dict[str, str]:
        """Body of `POST refresh`."""
        if self._refresh_token is None:
            raise error("login_required")
        return {"refresh_token": self._refresh_token}

    def refresh_failed(self, retry_after: int | None = None) -> str | None:
        """Waits before the next attempt. The session token, if it still works meanwhile."""
        grant = self._grant
        if grant is None:
            return None
        now = self._clock()
        grant.schedule.failed(now, retry_after=retry_after)
        return grant.session_token if grant.schedule.is_usable(now) else None

    def forget(self) -> None:
        """There is no session any more."""
        self._grant = self._refresh_token = None

    def _correct_clock(self, fields: Mapping[str, Any]) -> None:
        server_time_ms = server_time_of(fields)
        if server_time_ms is not None:
            self._clock.correct(server_time_ms)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """The JSON object of a session route. Raises what the server refused; `None` if the answer is not ours."""
    if 200 <= status < 300:
        return read_object(body)
    problem = read_problem(headers, body)
    failure = problem and problem.failure()
    if failure is not None:
        raise failure
    return None


def read_info(fields: Mapping[str, Any]) -> SessionInfo | None:
    """The facts of a session in an answer."""
    hotkey, role = fields.get("hotkey"), fields.get("role")
    expires_at = whole_number(fields.get("expires_at"), _LATEST_S)
    if not isinstance(hotkey, str) or expires_at is None:
        return None
    refresh_expires_at = whole_number(fields.get("refresh_expires_at"), _LATEST_S)
    return SessionInfo(hotkey, role if isinstance(role, str) else None, expires_at, refresh_expires_at)


def _no_session() -> BittensorAuthError:
    return error("login_required", "the answer holds no session of this hotkey: expected the session routes there")
