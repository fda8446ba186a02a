"""One service's authentication, without a framework: requests, sessions and their HTTP answers."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import contextmanager
from time import time_ns
from typing import TYPE_CHECKING, Any

from . import _core
from ._errors import BittensorAuthError, StoreError, error
from ._memory import MemoryStore
from ._problem import Problem, request_id_of
from ._store import Context
from ._verifier import core_verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ._refresher import Registry
    from ._store import Store

    Headers = Iterable[tuple[bytes, bytes]]

_log = logging.getLogger("bittensor_auth")
_NO_ORIGIN = "origin: expected the origin that people log in to, as in https://dash.example.org"
MAX_ROUTE_BODY = 4096
"""Largest body of a session route in bytes."""


class Answer(dict[str, Any]):
    """The members of a 200 of a session route, and its `Set-Cookie` values."""

    def __init__(self, members: dict[str, Any], cookies: Iterable[str] = ()) -> None:
        super().__init__(members)
        self.cookies = tuple(cookies)


class Service:
    """Everything that the adapters share. Built once; see `bittensor_auth.fastapi.HotkeyAuth` for the settings."""

    def __init__(
        self,
        receiver: str | Sequence[str],
        *,
        store: Store,
        policy: _core.Policy | None = None,
        registry: Registry | None = None,
        origin: str | None = None,
        secret: bytes | str | Sequence[bytes | str] | None = None,
        allowed_origins: Sequence[str] | None = None,
        cookies: bool = False,
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
        self.registry = registry
        self.check_policy(self.policy)
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
        if cookies and not origin:
            raise error("invalid_configuration", f"cookies need an origin. {_NO_ORIGIN}")
        self.takes_cookies = cookies
        self._transport = origin and _core.TokenTransport(
            origin=origin, allowed_origins=allowed_origins or [], cookies="enabled" if cookies else "refused"
        )
        self.memory = store.core if isinstance(store, MemoryStore) else None
        self._store = store.open(Context(self.verifier, clock))
        self._started = False
        self._leavers: set[str] = set()
        self._revoking: asyncio.Task[None] | None = None
        if registry is not None and origin:
            registry.on_change(self._revoke_who_left)
        if dangerous_accept_unbound:
            _log.warning("unsafe setting: dangerous_accept_unbound lets others pass on requests that name no receiver")

    async def start(self) -> None:
        """Refuses an unsafe deployment (`ConfigurationError`); an unreachable store is tried again on each request."""
        if self.registry is not None:
            await self.registry.start()
        if self._started:
            return
        if self._sessions and not self._has_secret and self.memory is None:
            from ._workers import is_only_worker

            if not is_only_worker(self.verifier.namespace):
                raise error("invalid_configuration", "secret: expected one when several workers share a session store")
        await self._store.start()
        self._started = True

    async def stop(self) -> None:
        """Ends the task that reads the registry."""
        if self.registry is not None:
            await self.registry.stop()

    def ready(self) -> dict[str, Any]:
        """What a readiness route answers; raises `registry_unavailable` until the subnet is known."""
        if self.registry is None:
            return {"ready": True}
        view, now = self.registry.view, self.clock()
        view.check(now)
        snapshot = view.snapshot
        return {
            "ready": True,
            "registry": view.freshness(now),
            "age_s": int(view.age(now) or 0),
            "block": snapshot.block if snapshot else None,
        }

    def check_policy(self, policy: _core.Policy) -> None:
        """Raises `invalid_configuration` for a policy that this service cannot decide."""
        subnet, link, swaps = policy.needs
        if link:
            raise error(
                "invalid_configuration", "policy: expected one without linked accounts: there is no link store here yet"
            )
        if subnet and self.registry is None:
            raise error("invalid_configuration", "registry: expected one, for the policy asks who is registered")
        if self.registry is not None:
            self.registry.require(swaps)

    @property
    def sessions(self) -> _core.Sessions:
        """The sessions, if this service has an origin to log in to."""
        if not self._sessions:
            raise error("invalid_configuration", _NO_ORIGIN)
        return self._sessions

    @property
    def transport(self) -> _core.TokenTransport:
        """How tokens travel here, if this service has an origin to log in to."""
        if not self._transport:
            raise error("invalid_configuration", _NO_ORIGIN)
        return self._transport

    # Requests

    async def settle(self, pending: _core.Pending) -> _core.Caller:
        """Policy and replay claim of a request whose signature holds."""
        if not self._started:
            await self.start()
        facts = await self._facts(self.policy, pending)
        if self.memory is not None:
            return pending.settle_in_memory(self.policy, self.memory, self.clock(), facts)
        outcome = await self._store.claim(pending.claim(self.policy, self.clock(), facts))
        return pending.settle(outcome, self.clock())

    async def welcome(self, caller: _core.Caller, policy: _core.Policy) -> _core.Caller:
        """The caller with the roles of another policy, or the reason why that does not welcome it."""
        facts = await self._facts(policy, _core.Hotkey(caller.hotkey))
        return policy.welcome(caller, self.clock(), facts)

    async def _facts(self, policy: _core.Policy, who: _core.Pending | _core.Hotkey) -> _core.Facts | None:
        if self.registry is None or not policy.needs[0]:
            return None
        return await self.registry.facts_for(who if isinstance(who, _core.Hotkey) else who.sender())

    async def resume(self, token: str) -> tuple[_core.Caller, int]:
        """The caller of a session token, and when the token ends in Unix seconds."""
        sessions, now = self.sessions, self.clock()
        presented = sessions.present(token, now)
        if not self._started:
            await self.start()
        facts = await self._facts(self.policy, presented.hotkey)
        if self.memory is not None:
            read, now = self.memory.read(presented, self.clock()), self.clock()
            return presented.resume(read, self.policy, now, facts), presented.expires_at
        read = await self._store.read(sessions, presented)
        return presented.resume(read, self.policy, self.clock(), facts), presented.expires_at

    # Session routes

    async def challenge(self, headers: Headers, body: bytes) -> Answer:
        """`POST challenge`: a text to sign. Writes nothing."""
        fields = self._fields(headers, body, required=("hotkey",), optional=("form",))
        text, sealed, expires_at = self.sessions.challenge(fields["hotkey"], fields.get("form"), self.clock())
        return Answer({"challenge": text, "sealed": sealed, "expires_at": expires_at, **self._time()})

    async def log_in(self, headers: Headers, body: bytes) -> Answer:
        """`POST session`: a session for a signed challenge."""
        required = ("hotkey", "sealed", "signature")
        fields = self._fields(headers, body, required=required, optional=("scheme", "tokens"))
        delivery = self.transport.delivery(fields.get("tokens"), headers)
        login = self.sessions.login(
            fields["hotkey"], fields.get("scheme"), fields["sealed"], fields["signature"], self.clock()
        )
        if not self._started:
            await self.start()
        facts = await self._facts(self.policy, login.hotkey)
        roles = login.admit(self.policy, self.clock(), facts)
        outcome = await self._store.create(self.sessions, login)
        return self._grant(delivery, self.sessions.created(login, outcome, self.clock()), roles)

    async def refresh(self, headers: Headers, body: bytes) -> Answer:
        """`POST refresh`: the successor of a refresh token."""
        fields = self._fields(headers, body, optional=("refresh_token", "tokens"))
        delivery = self.transport.delivery(fields.get("tokens"), headers)
        if (delivery == "cookie") == ("refresh_token" in fields):
            raise error("malformed_body", "expected either the text field refresh_token or tokens: cookie")
        token = self.transport.refresh_token(headers) if delivery == "cookie" else fields["refresh_token"]
        with _clearing(delivery):
            presented = self.sessions.present_refresh(token, self.clock())
            if not self._started:
                await self.start()
            facts = await self._facts(self.policy, presented.hotkey)
            roles = presented.admit(self.policy, self.clock(), facts)
            rotated = await self._store.rotate(self.sessions, presented)
            return self._grant(delivery, self.sessions.rotated(presented, rotated), roles)

    async def log_out(self, headers: Headers, body: bytes) -> Answer:
        """`POST logout`: ends the session of the token."""
        self.transport.check_route(headers)
        carrier, token = self.transport.session_token("POST", headers)
        with _clearing(carrier):
            presented = self.sessions.present(token, self.clock())
            await self._store.end(self.sessions, presented)
        cookies = self.transport.cleared_cookies() if carrier == "cookie" else ()
        return Answer({"ended": True, **self._time()}, cookies)

    async def whoami(self, headers: Headers, body: bytes) -> Answer:
        """`GET session`: whose session the token is."""
        _, token = self.transport.session_token("GET", headers)
        caller, expires_at = await self.resume(token)
        members = {"hotkey": caller.hotkey, "scheme": caller.scheme, **_role(caller.roles), "expires_at": expires_at}
        return Answer({**members, **self._time()})

    async def revoke(self, hotkey: str) -> None:
        """Ends every session of a hotkey, now and on all servers: one write."""
        await self._store.revoke(self.sessions, _core.Hotkey(hotkey))

    async def _revoke_who_left(self, diff: _core.SnapshotDiff) -> None:
        """The policy refuses them from now on; this keeps their tokens from coming back to life with them."""
        self._leavers.update(diff.left)
        if self._leavers and (self._revoking is None or self._revoking.done()):
            self._revoking = asyncio.get_running_loop().create_task(self._revoke_leavers())
            await asyncio.sleep(0)

    async def _revoke_leavers(self) -> None:
        delay = 1.0
        while self._leavers:
            hotkey = next(iter(self._leavers))
            try:
                await self.revoke(hotkey)
            except StoreError as failure:
                _log.warning("sessions of hotkeys that left could not be revoked yet: %s", failure.code)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 60.0)
            else:
                self._leavers.discard(hotkey)

    # Answers

    def problem(self, failure: BittensorAuthError, headers: Headers) -> Problem:
        """The HTTP answer for a failed check."""
        request_id = request_id_of(headers)
        if failure.http_status == 500:
            _log.error("%s: %s (request %s)", failure.code, failure, request_id)
        elif isinstance(failure, StoreError):
            _log.warning("%s (request %s)", failure.code, request_id)
        return Problem(failure, realm=self.realm, now_ns=self.clock(), request_id=request_id)

    def _grant(self, delivery: str, grant: tuple[str, int, str, int, str], roles: tuple[str, ...]) -> Answer:
        session_token, expires_at, refresh_token, refresh_expires_at, hotkey = grant
        ends = {"expires_at": expires_at, "refresh_expires_at": refresh_expires_at}
        members = {**ends, "hotkey": hotkey, **_role(roles)}
        if delivery == "cookie":
            return Answer({**members, **self._time()}, self.transport.cookies(*grant[:4], self.clock()))
        return Answer({"session_token": session_token, "refresh_token": refresh_token, **members, **self._time()})

    def _time(self) -> dict[str, int]:
        return {"server_time_ms": self.clock() // 1_000_000}

    def _fields(
        self, headers: Headers, body: bytes, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
    ) -> dict[str, str]:
        self.transport.check_route(headers)
        try:
            # As text: given bytes, `json` would guess an encoding.
            fields = json.loads(str(body, "utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict) or not all(isinstance(fields.get(name), str) for name in required):
            named = f" with the text fields {', '.join(required)}" if required else ""
            raise error("malformed_body", f"expected a JSON object{named}")
        present = {name: fields[name] for name in (*required, *optional) if fields.get(name) is not None}
        if not all(isinstance(value, str) and value.isascii() for value in present.values()):
            raise error("malformed_body", "expected ASCII text in every field")
        return present


def _no_number(_: str) -> None:
    """`NaN` and the infinities are no JSON."""
    raise ValueError


def _role(roles: tuple[str, ...]) -> dict[str, str | None]:
    return {"role": roles[0] if roles else None}


@contextmanager
def _clearing(carrier: str) -> Iterator[None]:
    """A refusal by which the session is over takes its cookies away."""
    try:
        yield
    except BittensorAuthError as failure:
        if carrier == "cookie":
            failure._set_cookies = _core.TokenTransport.cookies_after(failure.code)
        raise


def _secrets(secret: bytes | str | Sequence[bytes | str] | None) -> list[bytes]:
    if secret is None:
        return []
    several = [secret] if isinstance(secret, (bytes, str)) else secret
    return [one.encode() if isinstance(one, str) else bytes(one) for one in several]
