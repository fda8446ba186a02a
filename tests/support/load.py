"""Honest load on a service, mixed with replays of what it accepted, while somebody breaks its store."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter

from .callers import Caller
from .raw_http import Answer, Connection, Lost

STORE_CODES = {"store_unavailable", "store_warming", "clock_disagreement", "store_full"}
LONGEST_LIFE = 14.0
"""Seconds after which no accepted request can be fresh: 10 s back, 2 s ahead, and some."""
HANGS = 5.0


@dataclass
class Tally:
    """What happened. Times are seconds on the clock of `perf_counter`."""

    requests: int = 0
    accepted: int = 0
    replays: int = 0
    replays_accepted: int = 0
    wrong_refusals: int = 0
    unavailable: dict[str, int] = field(default_factory=dict)
    resent: int = 0
    unexpected: list[str] = field(default_factory=list)
    accepted_at: list[float] = field(default_factory=list)
    """When a request that was signed just before was accepted."""
    failed_at: list[float] = field(default_factory=list)
    """When a request that was signed just before was answered 503."""
    warming_at: list[float] = field(default_factory=list)
    """When one of those was answered that the store has just started."""
    failing_seconds: list[float] = field(default_factory=list)
    """How long each 503 took."""

    lateness: list[float] = field(default_factory=list)
    """How late this process itself was woken: what of every measured time is the machine's fault."""

    @property
    def longest_outage(self) -> float:
        """The longest time in which no new request was accepted."""
        return max((b - a for a, b in zip(self.accepted_at, self.accepted_at[1:])), default=0.0)

    def failing(self, share: float) -> float:
        """A percentile of the times that a 503 took."""
        return _percentile(self.failing_seconds, share)

    def late(self, share: float) -> float:
        return _percentile(self.lateness, share)


class Load:
    """Keeps some connections busy: new requests, replays of accepted ones, and now and then a retry of a request that
    was answered 503, as a transport that retries by itself would send it."""

    def __init__(
        self, port: int, callers: list[Caller], *, connections: int = 16, pause: float = 0.03, seed: int = 1
    ) -> None:
        self.tally = Tally()
        self._port = port
        self._callers = callers
        self._connections = connections
        self._pause = pause
        self._random = random.Random(seed)
        self._remembered: deque[tuple[float, bytes]] = deque()
        self._unanswered: deque[tuple[float, bytes]] = deque()
        self._accepted: set[bytes] = set()
        self._running = True

    async def run(self, breaks: Callable[[], Awaitable[float]]) -> float:
        """Runs until `breaks` is through; returns what it returned."""
        lanes = [asyncio.create_task(self._lane()) for _ in range(self._connections)]
        lanes.append(asyncio.create_task(self._watch()))
        try:
            return await breaks()
        finally:
            self._running = False
            await asyncio.gather(*lanes)

    async def _lane(self) -> None:
        connection = await Connection.open(self._port)
        while self._running:
            draw = self._random.random()
            if draw < 0.4 and self._remembered:
                await self._replay(connection)
            elif draw < 0.45 and self._unanswered:
                await self._resend(connection)
            else:
                await self._call(connection)
            if connection.is_closed:
                connection = await Connection.open(self._port)
            await asyncio.sleep(self._pause * self._random.uniform(0.5, 1.5))
        connection.close()

    async def _watch(self) -> None:
        while self._running:
            due = perf_counter() + 0.01
            await asyncio.sleep(0.01)
            self.tally.lateness.append(perf_counter() - due)

    async def _call(self, connection: Connection) -> None:
        # Some callers' clocks are wrong within the window: what they signed ahead is fresh longest.
        ahead = self._random.choice((0.0, 0.0, 0.0, 0.0, 1.9, -3.0))
        request = self._random.choice(self._callers).request(ahead=ahead)
        answer = await self._send(connection, request)
        if answer is None:
            return
        if answer.status == 200:
            self._accept(request)
        elif answer.status == 503:
            self._unanswered.append((perf_counter(), request))
        else:
            self.tally.wrong_refusals += 1
            self.tally.unexpected.append(f"new request: {answer.status} {answer.code}")
        if ahead == 0.0:
            times = self.tally.accepted_at if answer.status == 200 else self.tally.failed_at
            times.append(perf_counter())
            if answer.code == "store_warming":
                self.tally.warming_at.append(perf_counter())

    async def _replay(self, connection: Connection) -> None:
        _forget(self._remembered)
        if not self._remembered:
            return
        _, request = self._random.choice(self._remembered)
        self.tally.replays += 1
        answer = await self._send(connection, request)
        if answer is not None and answer.status == 200:
            self.tally.replays_accepted += 1
        elif answer is not None and answer.status == 401 and answer.code not in ("replayed_request", "stale_request"):
            self.tally.unexpected.append(f"replay: {answer.code}")

    async def _resend(self, connection: Connection) -> None:
        """Its outcome was unknown, so it may pass now, once."""
        _forget(self._unanswered)
        if not self._unanswered:
            return
        index = self._random.randrange(len(self._unanswered))
        _, request = self._unanswered[index]
        self.tally.resent += 1
        answer = await self._send(connection, request)
        if answer is not None and answer.status == 200:
            self._accept(request)

    def _accept(self, request: bytes) -> None:
        if request in self._accepted:
            self.tally.replays_accepted += 1
        self._accepted.add(request)
        self.tally.accepted += 1
        self._remembered.append((perf_counter(), request))

    async def _send(self, connection: Connection, request: bytes) -> Answer | None:
        self.tally.requests += 1
        try:
            answer = await asyncio.wait_for(connection.send(request), HANGS)
        except TimeoutError:
            self.tally.unexpected.append(f"no answer in {HANGS} s")
            connection.close()
            return None
        except Lost:
            self.tally.unexpected.append("connection lost")
            return None
        self._judge(answer)
        return answer

    def _judge(self, answer: Answer) -> None:
        tally = self.tally
        if answer.status == 503:
            code = answer.code
            tally.unavailable[code] = tally.unavailable.get(code, 0) + 1
            tally.failing_seconds.append(answer.seconds)
            if code not in STORE_CODES or int(answer.header("retry-after") or 0) < 1:
                tally.unexpected.append(f"503 {code!r} with Retry-After {answer.header('retry-after')}")
        elif answer.status not in (200, 401):
            tally.unexpected.append(f"{answer.status} {answer.code}")


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _forget(requests: deque[tuple[float, bytes]]) -> None:
    """Lets go of what cannot be fresh any more."""
    while requests and perf_counter() - requests[0][0] > LONGEST_LIFE:
        requests.popleft()
