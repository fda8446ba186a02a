"""`RedisStore`: one replay set and one set of sessions for all workers, over your own Redis or Valkey client."""

from __future__ import annotations

import hashlib
import inspect
import logging
from typing import TYPE_CHECKING, Any

from . import _core
from ._errors import error
from ._redis_wire import AsyncConnection, Command, Refusal, Reply, ThreadConnection, Trip, Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._store import Context

__all__ = ["RedisStore"]

_log = logging.getLogger("bittensor_auth.redis")
_SCRIPTS = {
    name: (hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), source)
    for name, source in _core.script_sources()
}
_Call = tuple[str, list[str], list[str]]


class RedisStore:
    """Remembers requests and sessions in Redis ≥ 6.2 or Valkey.

    `client`: your `redis.asyncio.Redis` (or `redis.Redis`, `valkey.asyncio.Valkey`, `valkey.Valkey`). One connection of
    its pool is kept; claims and reads that arrive in one tick of the event loop share one round trip.
    `timeout`: seconds until a request that waits for the store is answered 503 with `Retry-After`.

    Start-up is refused (`unsafe_store`) when the server may evict keys, is a replica or is too old.
    """

    def __init__(self, client: Any, *, timeout: float = 0.2) -> None:
        if timeout <= 0:
            raise error("invalid_configuration", "timeout: expected seconds above 0")
        if not hasattr(client, "connection_pool"):
            raise error("invalid_configuration", "client: expected a redis.asyncio.Redis or redis.Redis client")
        self._client = client
        self._timeout = timeout

    def open(self, context: Context) -> _BoundRedis:
        """Called once by whoever uses the store."""
        is_async = inspect.iscoroutinefunction(type(self._client).execute_command)
        connection = AsyncConnection if is_async else ThreadConnection
        return _BoundRedis(context, Wire(lambda: connection(self._client.connection_pool), self._timeout))


class _BoundRedis:
    """The store in use by one service. An answer of `None` from the wire is no answer."""

    def __init__(self, context: Context, wire: Wire) -> None:
        self._context = context
        self._clock = context.clock
        self._wire = wire
        self._claims: Trip[_core.Claim] = Trip(self._claim_command, self._claim_answers)
        self._reads: Trip[tuple[str, str]] = Trip(_read_command, _read_answers)

    async def start(self) -> None:
        info = await self._send("INFO")
        if isinstance(info, Refusal):
            message = (
                "the Redis user may not call INFO; expected the rights eval, evalsha, script, info, time, get, set"
            )
            raise error("unsafe_store", message)
        if not isinstance(info, bytes):
            raise error("store_unavailable")
        _core.check_redis_info(info.decode(errors="replace"))
        for call in _core.warm_up_calls(self._context.verifier, self._clock()):
            await self._run(call)

    async def claim(self, claim: _core.Claim) -> _core.Outcome:
        outcome = await self._wire.send(self._claims, claim)
        if outcome is None or isinstance(outcome, _core.Outcome):
            return outcome or _core.Outcome.unavailable()
        # The server was restarted and lost the script, which is normal: nothing was claimed yet.
        reply = await self._run(_core.claim_call(self._context.verifier, [claim], self._clock()))
        return _core.claim_outcomes(_numbers(reply), 1)[0]

    async def create(self, sessions: _core.Sessions, login: _core.Login) -> _core.Outcome:
        reply = await self._run(sessions.login_call(login, self._clock()))
        return _core.Login.outcome(_numbers(reply))

    async def read(self, sessions: _core.Sessions, presented: _core.Presented) -> _core.Read:
        return await self._wire.send(self._reads, sessions.keys(presented)) or _core.Read.unavailable()

    async def rotate(self, sessions: _core.Sessions, presented: _core.PresentedRefresh) -> _core.Rotated:
        match await self._run(sessions.rotate_call(presented, self._clock())):
            case [int(code), bytes(record)]:
                return _core.Rotated.reply(code, record.decode(errors="replace"))
        return _core.Rotated.unavailable()

    async def end(self, sessions: _core.Sessions, presented: _core.Presented) -> None:
        await self._delete(sessions.keys(presented)[0])

    async def revoke(self, sessions: _core.Sessions, hotkey: _core.Hotkey) -> None:
        await self._delete(sessions.generation_key(hotkey))

    async def _delete(self, key: str) -> None:
        if not isinstance(await self._send("DEL", key), int):
            raise error("store_unavailable")

    def _claim_command(self, claims: list[_core.Claim]) -> Command:
        return _evalsha(_core.claim_call(self._context.verifier, claims, self._clock()))

    def _claim_answers(self, reply: Reply, count: int) -> Sequence[object]:
        if isinstance(reply, Refusal):
            if reply.lacks_script:
                return [reply] * count
            _log.error("redis refused a claim: %s", reply.text)
        return _core.claim_outcomes(_numbers(reply), count)

    async def _run(self, call: _Call) -> Reply:
        """Runs a script by its hash, and by its text where the server does not know it."""
        reply = await self._send(*_evalsha(call))
        if isinstance(reply, Refusal) and reply.lacks_script:
            name, keys, args = call
            reply = await self._send("EVAL", _SCRIPTS[name][1], len(keys), *keys, *args)
        if isinstance(reply, Refusal):
            _log.error("redis refused the %s script: %s", call[0], reply.text)
        return reply

    async def _send(self, *command: str | int) -> Reply:
        return await self._wire.send(Trip(lambda items: items[0], lambda reply, _: [reply]), command)


def _evalsha(call: _Call) -> Command:
    name, keys, args = call
    return "EVALSHA", _SCRIPTS[name][0], len(keys), *keys, *args


def _read_command(keys: list[tuple[str, str]]) -> Command:
    return "MGET", *(key for pair in keys for key in pair)


def _read_answers(reply: Reply, count: int) -> Sequence[_core.Read]:
    if not isinstance(reply, list) or len(reply) != 2 * count:
        return [_core.Read.unavailable()] * count
    texts = [value.decode(errors="replace") if isinstance(value, bytes) else None for value in reply]
    return [_core.Read.found(texts[index], texts[index + 1]) for index in range(0, len(texts), 2)]


def _numbers(reply: Reply) -> list[int]:
    """A script's reply of integers; anything else is no answer."""
    if isinstance(reply, list) and all(isinstance(value, int) for value in reply):
        return reply
    return []
