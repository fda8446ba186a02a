"""A Redis client whose n-th command fails: before it reached the server, or after, when only the answer is lost."""

from __future__ import annotations

import re
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError

BEFORE = "before the server saw it"
AFTER = "after the server ran it"
_COMMAND = re.compile(rb"\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n")


class FaultyClient:
    """Looks like a `redis.asyncio.Redis` as far as `RedisStore` looks, over a real one."""

    def __init__(self, client: Any) -> None:
        self.connection_pool = _Pool(client.connection_pool, self)
        self.commands: list[str] = []
        """Names of the commands since `fail` or `pass_all`."""
        self._fail_at = 0
        self._when = BEFORE

    async def execute_command(self, *_: object) -> None:
        """Only its kind is looked at."""

    def fail(self, number: int, when: str) -> None:
        """The `number`-th command from now on fails, and none after it."""
        self.commands, self._fail_at, self._when = [], number, when

    def pass_all(self) -> None:
        self.fail(0, BEFORE)

    @property
    def has_failed(self) -> bool:
        """Whether the command that was to fail came."""
        return 0 < self._fail_at <= len(self.commands)

    def count(self, packed: list[bytes]) -> None:
        self.commands += [name.decode() for name in _COMMAND.findall(b"".join(packed))]

    def fails_now(self, when: str) -> bool:
        return self._when == when and self._fail_at == len(self.commands)


class _Pool:
    def __init__(self, pool: Any, faults: FaultyClient) -> None:
        self._pool = pool
        self._faults = faults

    async def get_connection(self) -> _Connection:
        return _Connection(await self._pool.get_connection(), self._faults)


class _Connection:
    """A real connection of the pool, with the faults."""

    def __init__(self, connection: Any, faults: FaultyClient) -> None:
        self._connection = connection
        self._faults = faults

    async def send_packed_command(self, packed: list[bytes]) -> None:
        self._faults.count(packed)
        if self._faults.fails_now(BEFORE):
            raise RedisConnectionError("injected")
        await self._connection.send_packed_command(packed)

    async def read_response(self, **options: Any) -> Any:
        try:
            return await self._connection.read_response(**options)
        finally:
            # Whatever came, an error reply too, is lost on the way.
            if self._faults.fails_now(AFTER):
                raise RedisConnectionError("injected")

    async def disconnect(self, **options: Any) -> None:
        await self._connection.disconnect(**options)
