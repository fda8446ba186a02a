"""One service's authentication, without a framework: requests, sessions and their HTTP answers."""

from __future__ import annotations

import json
import logging
from time import time_ns
from typing import TYPE_CHECKING, Any

from . import _core
from ._errors import BittensorAuthError, StoreError, error
from ._memory import MemoryStore
from ._problem import Problem, request_id_of
from ._store import Context
from ._verifier import core_verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._store import Store

    Headers = Iterable[tuple[bytes, bytes]]

_log = logging.getLogger("bittensor_auth")
_MAX_TOKEN_HEADER = 512
MAX_ROUTE_BODY = 4096
"""Largest body of a session route in bytes."""


class Service:
    """Everything that the adapters share. Built once; see `bittensor_auth.fastapi.HotkeyAuth` for the settings."""

    def __init__(
        self,
        receiver: str | Sequence[str],
        *,
        store: Store,
        policy: _core.Policy | None = None,
        origin: str | None = None,
        secret: bytes | str | Sequence[bytes | str] | None = None,
        allowed_origins: Sequence[str] | None = None,
        statement: str | None = None,
        network: tuple[str, str] | None = None,
        challenge_lifetime: float | None = None,
        access_lifetime: float | None = None,
        idle_lifetime: float | None = None,
        absolute_lifetime: float | None = None,
        refresh_grace: float | None = None,
        max_age: float | None = None,
        allowed_skew: float | None = None,
        body_budget: float | None = None,
        schemes: Sequence[str] | None = None,
        namespace: str | None = None,
        body_limit: int | None = None,
        public_prefix: str = "",
        realm: str = "bittensor",
        dangerous_accept_unbound: bool = False,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self.verifier = core_verifier(
            receiver,
            max_age=max_age,
            allowed_skew=allowed_skew,
            body_budget=body_budget,
            schemes=schemes,
            namespace=namespace,
            body_limit=body_limit,
            dangerous_accept_unbound=dangerous_accept_unbound,
        )
        self.policy = policy or _core.Policy.any_hotkey()
        self.clock = clock
        self.public_prefix = public_prefix.encode()
        self.realm = realm
        secrets = _secrets(secret)
        self._has_secret = bool(secrets)
        self._sessions = origin and _core.Sessions(
            self.verifier,
            origin=origin,
            secrets=secrets,
            statement=statement,
            network=network,
            challenge=challenge_lifetime,
            access=access_lifetime,
            idle=idle_lifetime,
            absolute=absolute_lifetime,
            grace=refresh_grace,
        )
        self._origins = {allowed.encode() for allowed in (allowed_origins or ([origin] if origin else []))}
        self.memory = store.core if isinstance(store, MemoryStore) else None
        self._store = store.open(Context(self.verifier, clock))
        self._started = False
        if dangerous_accept_unbound:
            _log.warning("unsafe setting: dangerous_accept_unbound lets others pass on requests that name no receiver")

    async def start(self) -> None:
        """Refuses an unsafe deployment (`ConfigurationError`); an unreachable store is tried again on each request."""
        if self._started:
            return
        if self._sessions and not self._has_secret and self.memory is None:
            from ._workers import is_only_worker

            if not is_only_worker(self.verifier.namespace):
                raise error("invalid_configuration", "secret: expected one when several workers share a session store")
        await self._store.start()
        self._started = True

    @property
    def sessions(self) -> _core.Sessions:
        """The sessions, if this service has an origin to log in to."""
        if not self._sessions:
            message = "origin: expected the origin that people log in to, as in https://dash.example.org"
            raise error("invalid_configuration", message)
        return self._sessions

    # Requests

    async def settle(self, pending: _core.Pending) -> _core.Caller:
        """Policy and replay claim of a request whose signature holds."""
        if not self._started:
            await self.start()
        if self.memory is not None:
            return pending.settle_in_memory(self.policy, self.memory, self.clock())
        outcome = await self._store.claim(pending.claim(self.policy, self.clock()))
        return pending.settle(outcome, self.clock())

    async def resume(self, headers: Headers) -> tuple[_core.Caller, int]:
        """The caller of a session token, and when the token ends in Unix seconds."""
        sessions, now = self.sessions, self.clock()
        presented = sessions.present(bearer(headers), now)
        if not self._started:
            await self.start()
        if self.memory is not None:
            return presented.resume(self.memory.read(presented, now), self.policy, now), presented.expires_at
        read = await self._store.read(sessions, presented)
        return presented.resume(read, self.policy, self.clock()), presented.expires_at

    # Session routes

    async def challenge(self, headers: Headers, body: bytes) -> dict[str, Any]:
        """`POST challenge`: a text to sign. Writes nothing."""
        fields = self._fields(headers, body, required=("hotkey",), optional=("form",))
        text, sealed, expires_at = self.sessions.challenge(fields["hotkey"], fields.get("form"), self.clock())
        return {"challenge": text, "sealed": sealed, "expires_at": expires_at, **self._time()}

    async def log_in(self, headers: Headers, body: bytes) -> dict[str, Any]:
        """`POST session`: a session for a signed challenge."""
        fields = self._fields(headers, body, required=("hotkey", "sealed", "signature"), optional=("scheme",))
        login = self.sessions.login(
            self.policy, fields["hotkey"], fields.get("scheme"), fields["sealed"], fields["signature"], self.clock()
        )
        if not self._started:
            await self.start()
        outcome = await self._store.create(self.sessions, login)
        return self._grant(self.sessions.created(login, outcome, self.clock()))

    async def refresh(self, headers: Headers, body: bytes) -> dict[str, Any]:
        """`POST refresh`: the successor of a refresh token."""
        fields = self._fields(headers, body, required=("refresh_token",))
        presented = self.sessions.present_refresh(fields["refresh_token"], self.clock())
        presented.check(self.policy)
        if not self._started:
            await self.start()
        rotated = await self._store.rotate(self.sessions, presented)
        return self._grant(self.sessions.rotated(presented, rotated))

    async def log_out(self, headers: Headers, body: bytes) -> dict[str, Any]:
        """`POST logout`: ends the session of the token."""
        self._check_origin(headers)
        presented = self.sessions.present(bearer(headers), self.clock())
        await self._store.end(self.sessions, presented)
        return {"ended": True, **self._time()}

    async def whoami(self, headers: Headers, body: bytes) -> dict[str, Any]:
        """`GET session`: whose session the token is."""
        caller, expires_at = await self.resume(headers)
        return {
            "hotkey": caller.hotkey,
            "scheme": caller.scheme,
            "role": None,
            "expires_at": expires_at,
            **self._time(),
        }

    async def revoke(self, hotkey: str) -> None:
        """Ends every session of a hotkey, now and on all servers: one write."""
        await self._store.revoke(self.sessions, _core.Hotkey(hotkey))

    # Answers

    def problem(self, failure: BittensorAuthError, headers: Headers) -> Problem:
        """The HTTP answer for a failed check."""
        request_id = request_id_of(headers)
        if failure.http_status == 500:
            _log.error("%s: %s (request %s)", failure.code, failure, request_id)
        elif isinstance(failure, StoreError):
            _log.warning("%s (request %s)", failure.code, request_id)
        return Problem(failure, realm=self.realm, now_ns=self.clock(), request_id=request_id)

    def _grant(self, grant: tuple[str, int, str, int, str]) -> dict[str, Any]:
        names = ("session_token", "expires_at", "refresh_token", "refresh_expires_at", "hotkey")
        return {**dict(zip(names, grant, strict=True)), "role": None, **self._time()}

    def _time(self) -> dict[str, int]:
        return {"server_time_ms": self.clock() // 1_000_000}

    def _fields(
        self, headers: Headers, body: bytes, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, str]:
        self._check_origin(headers)
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict) or not all(isinstance(fields.get(name), str) for name in required):
            raise error("malformed_body", f"expected a JSON object with the text fields {', '.join(required)}")
        present = {name: fields[name] for name in (*required, *optional) if fields.get(name) is not None}
        if not all(isinstance(value, str) and value.isascii() for value in present.values()):
            raise error("malformed_body", "expected ASCII text in every field")
        return present

    def _check_origin(self, headers: Headers) -> None:
        """A browser says where a page comes from; programs that are no browser send neither header."""
        origin: list[bytes] = []
        fetched_by_page = False
        for name, value in headers:
            if name == b"origin":
                origin.append(value)
            elif name == b"sec-fetch-site":
                fetched_by_page = True
        if (origin or fetched_by_page) and (len(origin) != 1 or origin[0] not in self._origins):
            raise error("origin_refused")


def bearer(headers: Headers) -> str:
    """The token of `Authorization: Bearer`, exactly one of it."""
    found = [value for name, value in headers if name == b"authorization"]
    if len(found) > 1:
        raise error("duplicate_header", "Authorization: expected exactly once")
    if not found:
        raise error("missing_credentials")
    if len(found[0]) > _MAX_TOKEN_HEADER:
        raise error("header_too_long", f"Authorization: expected at most {_MAX_TOKEN_HEADER} bytes")
    scheme, _, token = found[0].partition(b" ")
    if scheme.lower() != b"bearer":
        raise error("missing_credentials")
    return token.decode("latin-1")


def _secrets(secret: bytes | str | Sequence[bytes | str] | None) -> list[bytes]:
    if secret is None:
        return []
    several = [secret] if isinstance(secret, (bytes, str)) else secret
    return [one.encode() if isinstance(one, str) else bytes(one) for one in several]
