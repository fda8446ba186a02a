"""One Redis connection on which everything that arrives together travels together."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    class Connection(Protocol):
        """A connection of the user's pool, asynchronous or behind a thread."""

        async def roundtrip(self, commands: Sequence[Command]) -> list[Reply]: ...
        async def drop(self) -> None: ...


Command = tuple[str | int, ...]
Reply = Any
"""`bytes`, `int`, `list`, `None`, or a `Refusal`."""

Item = TypeVar("Item")
_log = logging.getLogger("bittensor_auth.redis")


class Refusal:
    """An error reply: the server is there and said no."""

    __slots__ = ("lacks_script", "text")

    def __init__(self, cause: Exception) -> None:
        self.text = str(cause).partition("\n")[0][:120]
        self.lacks_script = type(cause).__name__ == "NoScriptError" or self.text.startswith("NOSCRIPT")


class Trip(Generic[Item]):
    """A kind of request: how many of them become one command, and its reply one answer for each."""

    __slots__ = ("answers", "command")

    def __init__(
        self, command: Callable[[list[Item]], Command], answers: Callable[[Reply, int], Sequence[object]]
    ) -> None:
        self.command = command
        self.answers = answers


class _Waiting:
    __slots__ = ("deadline", "future", "item", "trip")

    def __init__(self, trip: Trip[Any], item: Any, deadline: float, future: asyncio.Future[Any]) -> None:
        self.trip = trip
        self.item = item
        self.deadline = deadline
        self.future = future

    def answer(self, value: object) -> None:
        if not self.future.done():
            self.future.set_result(value)


class Wire:
    """Sends what is waiting in one round trip at a time; whoever comes meanwhile shares the next one.

    Nobody waits longer than `timeout`: the answer is `None` then, and the connection is given up, because a late reply
    on it would be taken for the next one.
    """

    def __init__(self, connect: Callable[[], Connection], timeout: float) -> None:
        self._connect = connect
        self._timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reset()

    def _reset(self) -> None:
        self._connection = self._connect()
        self._queue: list[_Waiting] = []
        self._flying: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def send(self, trip: Trip[Item], item: Item) -> asyncio.Future[Any]:
        """A future of the answer, or of `None` when there is none in time."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # A new event loop (a restarted server in one process, a test) cannot use the old one's connection.
            self._loop = loop
            self._reset()
        waiting = _Waiting(trip, item, loop.time() + self._timeout, loop.create_future())
        if not self._queue and self._task is None:
            loop.call_soon(self._depart)
        self._queue.append(waiting)
        if self._timer is None:
            self._timer = loop.call_at(waiting.deadline, self._expire)
        return waiting.future

    def _depart(self) -> None:
        if self._loop is None or self._task is not None or not self._queue:
            return
        self._flying, self._queue = self._queue, []
        self._task = self._loop.create_task(self._fly(self._flying))
        self._task.add_done_callback(self._landed)

    async def _fly(self, flying: list[_Waiting]) -> None:
        groups: dict[int, list[_Waiting]] = {}
        for waiting in flying:
            groups.setdefault(id(waiting.trip), []).append(waiting)
        parties = list(groups.values())
        commands = [party[0].trip.command([waiting.item for waiting in party]) for party in parties]
        try:
            replies = await self._connection.roundtrip(commands)
        except BaseException:
            await self._connection.drop()
            raise
        for party, reply in zip(parties, replies, strict=False):
            for waiting, answer in zip(party, party[0].trip.answers(reply, len(party)), strict=False):
                waiting.answer(answer)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (cause := task.exception()) is not None:
            _log.warning("redis did not answer: %s", type(cause).__name__)
        for waiting in self._flying:
            waiting.answer(None)
        self._flying = []
        self._depart()

    def _expire(self) -> None:
        self._timer = None
        if self._loop is None:
            return
        now = self._loop.time()
        expired = [waiting for waiting in (*self._flying, *self._queue) if waiting.deadline <= now]
        late = any(not waiting.future.done() for waiting in self._flying if waiting.deadline <= now)
        for waiting in expired:
            waiting.answer(None)
        self._queue = [waiting for waiting in self._queue if waiting.deadline > now]
        if late and self._task is not None:
            self._task.cancel()
        alive = [waiting.deadline for waiting in (*self._flying, *self._queue) if not waiting.future.done()]
        if alive:
            self._timer = self._loop.call_at(min(alive), self._expire)


class AsyncConnection:
    """One connection of an asynchronous client's pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Any = None

    async def roundtrip(self, commands: Sequence[Command]) -> list[Reply]:
        if self._connection is None:
            self._connection = await self._pool.get_connection()
        connection = self._connection
        await connection.send_packed_command(_pack(commands))
        replies = []
        for _ in commands:
            try:
                replies.append(await connection.read_response(disable_decoding=True))
            except Exception as cause:
                replies.append(_refusal(cause))
        return replies

    async def drop(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)


class ThreadConnection:
    """One connection of a synchronous client's pool, used from a thread."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Any = None

    async def roundtrip(self, commands: Sequence[Command]) -> list[Reply]:
        return await asyncio.to_thread(self._roundtrip, commands)

    def _roundtrip(self, commands: Sequence[Command]) -> list[Reply]:
        if self._connection is None:
            self._connection = self._pool.get_connection()
        connection = self._connection
        connection.send_packed_command(_pack(commands))
        replies = []
        for _ in commands:
            try:
                replies.append(connection.read_response(disable_decoding=True))
            except Exception as cause:
                replies.append(_refusal(cause))
        return replies

    async def drop(self) -> None:
        # The thread may still be waiting on the socket; closing it ends the wait, and the next trip takes another one.
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.disconnect)


def _pack(commands: Sequence[Command]) -> list[bytes]:
    """Commands as they travel, in UTF-8 whatever the client's own encoding is, in a third of its packer's time.

    A list, because synchronous connections send each item of what they get.
    """
    parts: list[bytes] = []
    for command in commands:
        parts.append(b"*%d\r\n" % len(command))
        for argument in command:
            text = str(argument).encode()
            parts.append(b"$%d\r\n%b\r\n" % (len(text), text))
    return [b"".join(parts)]


def _refusal(cause: Exception) -> Refusal:
    """An error reply leaves the connection usable; any other exception does not, and goes on.

    So does the word that the server is no longer the primary (spec/03 §5): another connection finds the new one. Redis
    before 7 says it in the middle, when a script ran into it.
    """
    if any(base.__name__ == "ResponseError" for base in type(cause).__mro__) and not _is_read_only(cause):
        return Refusal(cause)
    raise cause


def _is_read_only(cause: Exception) -> bool:
    return type(cause).__name__ == "ReadOnlyError" or "READONLY" in str(cause)
