"""The store of one process."""

from __future__ import annotations

from time import time_ns

from . import _core
from ._errors import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._store import Context


class MemoryStore:
    """Remembers requests and sessions in the memory of this process, exactly and within bounds.

    For one process: with several workers the same request would pass once in each, so start-up is refused then, unless
    `single_process_acknowledged` says that the check is mistaken.

    A process cannot know what the one before it accepted, so for the first 4 s (skew and clock margin) everything that
    could be a replay is answered `store_warming` (503). `nothing_accepted_before=True` says that there was no process
    before, as in a demo or a test.

    `capacity` (live requests, 1,000,000) and `session_capacity` (live sessions, 100,000) are hard: beyond them the
    answer is `store_full` (503), and nothing that lives is ever forgotten.
    """

    __slots__ = ("core", "single_process_acknowledged")

    def __init__(
        self,
        *,
        capacity: int | None = None,
        session_capacity: int | None = None,
        nothing_accepted_before: bool = False,
        single_process_acknowledged: bool = False,
    ) -> None:
        started = None if nothing_accepted_before else time_ns()
        self.core = _core.MemoryStore(capacity=capacity, session_capacity=session_capacity, started=started)
        self.single_process_acknowledged = single_process_acknowledged

    def open(self, context: Context) -> _BoundMemory:
        """Called once by whoever uses the store."""
        return _BoundMemory(self, context)


class _BoundMemory:
    __slots__ = ("_clock", "_context", "_store", "core")

    def __init__(self, store: MemoryStore, context: Context) -> None:
        self._store = store
        self._context = context
        self._clock = context.clock
        self.core = store.core

    async def start(self) -> None:
        self.check_single_process()

    def check_single_process(self) -> None:
        """Raises `unsafe_store` when several processes serve this receiver."""
        if self._store.single_process_acknowledged:
            return
        from ._workers import is_only_worker

        if not is_only_worker(self._context.verifier.namespace):
            raise error(
                "unsafe_store",
                "MemoryStore: expected one worker process for this receiver, found several; use RedisStore",
            )

    async def claim(self, claim: _core.Claim) -> _core.Outcome:
        return self.core.claim(claim, self._clock())

    async def create(self, sessions: _core.Sessions, login: _core.Login) -> _core.Outcome:
        return self.core.create(login, self._clock())

    async def read(self, sessions: _core.Sessions, presented: _core.Presented) -> _core.Read:
        return self.core.read(presented, self._clock())

    async def rotate(self, sessions: _core.Sessions, presented: _core.PresentedRefresh) -> _core.Rotated:
        return self.core.rotate(presented, sessions, self._clock())

    async def end(self, sessions: _core.Sessions, presented: _core.Presented) -> None:
        self.core.end(presented)

    async def revoke(self, sessions: _core.Sessions, hotkey: _core.Hotkey) -> None:
        self.core.revoke(hotkey)
