"""The one task that reads a subnet again and again, and the view that everybody else reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import time_ns

from . import _core
from ._errors import BittensorAuthError, error

_log = logging.getLogger("bittensor_auth.registry")
_LONGEST_SLEEP = 5.0
"""Seconds after which the clock is looked at again: it can jump."""
_CLOCK_SKEW_NS = 5_000_000_000
_SCOPES = ("nobody", "owner", "everyone")

Read = tuple[_core.Snapshot, "_core.SnapshotDiff | None"]
Listener = Callable[[_core.SnapshotDiff], Awaitable[None]]


class Registry:
    """Who is registered on one subnet. Subclasses say where to read it.

    Reading failed: the last snapshot is used until it is older than `max_age` seconds, then nobody is admitted
    (`registry_unavailable`, 503) until a reading succeeds again.
    """

    def __init__(
        self,
        netuid: int,
        *,
        network: str,
        genesis: str | None = None,
        registered_at: int | None = None,
        interval: float | None = None,
        max_age: float | None = None,
        endpoints: list[str] | None = None,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self.netuid = netuid
        self._clock = clock
        self._network = network
        self._genesis = None if genesis is None else _hash(genesis)
        self._registered_at = registered_at
        self._swaps: str | None = None
        self._kinds = ["own"] if endpoints is None else endpoints
        self._interval = interval
        self._reader = self._new_reader()
        self._schedule = self._new_schedule()
        self._points = _core.PointReads()
        self._use(_core.SubnetView.empty(hard=max_age))
        self._endpoint = 0
        self._has_read = False
        self._listeners: list[Listener] = []
        self._task: asyncio.Task[None] | None = None

    # For services

    @property
    def view(self) -> _core.SubnetView:
        """What is known now."""
        return self._view

    def require(self, swaps: str) -> None:
        """A policy needs to know of coldkey swaps: of `nobody`, the `owner` or `everyone`."""
        if _SCOPES.index(swaps) <= _SCOPES.index(self._swaps or "nobody"):
            return
        if self._has_read:
            raise error("invalid_configuration", "a policy about swaps: expected it before the subnet is read first")
        self._swaps = swaps
        self._reader = self._new_reader()

    def on_change(self, listener: Listener) -> None:
        """Calls `listener` with what changed, after each snapshot but the first."""
        self._listeners.append(listener)

    async def facts_for(self, hotkey: _core.Hotkey) -> _core.Facts:
        """What is known of a hotkey whose signature holds; a node is asked if it may have registered a moment ago."""
        word, read = self._points.want(hotkey, self._view, self._clock())
        if word == "read":
            read = await self._point_of(hotkey)
        return self._facts if read is None else _core.Facts(self._view, point=read)

    async def start(self) -> None:
        """Starts the task that reads, in this event loop. It does not wait for the first snapshot."""
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._run(), name=f"bittensor_auth registry {self.netuid}")

    async def stop(self) -> None:
        """Ends the task. The last snapshot stays until its age ends it."""
        task, self._task = self._task, None
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait([task])

    async def refresh(self) -> None:
        """Reads now, whatever the schedule says, and raises when that fails."""
        failure = await self._refresh(self._endpoint)
        if failure is not None:
            raise failure

    def confirm_subnet(self, registered_at: int) -> None:
        """Says that the subnet that got the netuid at this block is the right one: after `subnet_replaced`."""
        self._registered_at = registered_at
        self._reader.confirm_subnet(registered_at)
        self._schedule = self._new_schedule()

    # For subclasses

    async def _read(self, endpoint: int) -> Read:
        """One reading that is believed; raises a `BittensorAuthError` for any other."""
        raise NotImplementedError

    async def _read_point(self, endpoint: int, hotkey: _core.Hotkey) -> _core.PointRead | None:
        """What a node says of one hotkey; `None` where nobody can be asked."""
        return None

    # The task

    async def _run(self) -> None:
        last = 0
        while True:
            now = self._clock()
            if now < last - _CLOCK_SKEW_NS:
                self._schedule = self._new_schedule()
            last = now
            step, value = self._schedule.next(now)
            if step == "read":
                await self._refresh(value)
            else:
                await asyncio.sleep(min(max((value - now) / 1e9, 0.01), _LONGEST_SLEEP))

    async def _refresh(self, endpoint: int) -> BittensorAuthError | None:
        try:
            snapshot, diff = await self._read(endpoint)
        except BittensorAuthError as failure:
            self._failed(failure)
            return failure
        except Exception:
            _log.exception("subnet %d: a reading ended in an error of the program", self.netuid)
            unexpected = error("chain_unreachable", "the reading ended in an error of the program")
            self._failed(unexpected)
            return unexpected
        if self._view.trouble or not self._has_read:
            _log.info("subnet %d: read at block %d, %d members", self.netuid, snapshot.block, len(snapshot))
        # One assignment: whoever decides holds either the old view or the new one.
        self._use(self._view.with_snapshot(snapshot))
        self._endpoint, self._has_read = endpoint, True
        self._schedule.succeeded(self._clock())
        if diff is not None:
            for listener in self._listeners:
                try:
                    await listener(diff)
                except Exception:
                    _log.exception("subnet %d: what changed could not be told", self.netuid)
        return None

    def _failed(self, failure: BittensorAuthError) -> None:
        known = self._view.trouble
        if known is None or known[0] != failure.code:
            _log.warning("subnet %d: %s: %s. %s", self.netuid, failure.code, failure, failure.hint)
        reason = getattr(failure, "_reason", None) or _core.Reason.of(failure.code, str(failure))
        self._schedule.failed(reason, self._clock())
        self._use(self._view.with_trouble(reason))

    async def _point_of(self, hotkey: _core.Hotkey) -> _core.PointRead | None:
        read = None
        # A node in trouble is not asked for more; the schedule asks it again.
        if self._view.trouble is None:
            try:
                read = await self._read_point(self._endpoint, hotkey)
            except BittensorAuthError as failure:
                _log.warning("subnet %d: a hotkey could not be read: %s", self.netuid, failure.code)
                if failure.code == "chain_rate_limited":
                    self._failed(failure)
        if read is None:
            self._points.failed(hotkey, self._clock())
        else:
            self._points.put(read, self._clock())
        return read

    def _use(self, view: _core.SubnetView) -> None:
        self._view = view
        self._facts = _core.Facts(view)

    def _new_reader(self) -> _core.SubnetReader:
        return _core.SubnetReader(
            self._network, self.netuid, genesis=self._genesis, registered_at=self._registered_at, swaps=self._swaps
        )

    def _new_schedule(self) -> _core.ReadSchedule:
        return _core.ReadSchedule(self._kinds, interval=self._interval)


def _hash(digits: str) -> bytes:
    try:
        found = bytes.fromhex(digits.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 32:
        raise error("invalid_configuration", "genesis: expected 64 hex digits")
    return found
