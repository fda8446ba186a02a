"""For tests of services: four people, a registry that does what it is told, a clock that stands still.

`alice` is a validator with a permit and 10,000 TAO of stake, `bob` a miner, `charlie` is registered and has nothing,
`dave` is not registered. They are the public development keys `//Alice` … `//Dave`: never use them for anything else.

`pytest_plugins = ["bittensor_auth.testing_fixtures"]` gives the fixtures `alice` … `dave`, `clock` and `registry`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from time import time_ns
from typing import Any

from . import _core
from ._core import RAO, Caller, Keypair
from ._errors import BittensorAuthError
from ._refresher import Read, Registry
from ._signing import sign_request
from ._snapshots import snapshot_of

__all__ = ["ALICE", "BOB", "CHARLIE", "DAVE", "FakeClock", "FakeRegistry", "assert_rejected", "sign_as"]

_ticks = count()


def _developer(seed: str) -> Keypair:
    return Keypair.from_seed(bytes.fromhex(seed), "sr25519")


ALICE = _developer("e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a")
BOB = _developer("398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89")
CHARLIE = _developer("bc1ede780f784bb6991a585e4f6e61522c14e1cae6ad0895fb57b9a205a8f938")
DAVE = _developer("868020ae0687dda7d57565093a69090211449845a7e11453612800b663307246")


class FakeClock:
    """A clock in Unix nanoseconds that moves when it is told to. Pass it as `clock=`."""

    def __init__(self, now_ns: int | None = None) -> None:
        self.now_ns = time_ns() if now_ns is None else now_ns

    def __call__(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> None:
        """Moves it, with a negative number back."""
        self.now_ns += int(seconds * 1e9)


class FakeRegistry(Registry):
    """A subnet in memory. Every change is a block of its own, and is known at once.

    It starts with alice, bob and charlie. While it is stalled, changes are not seen and the last snapshot grows old.
    """

    def __init__(
        self, netuid: int = 1, *, max_age: float | None = None, clock: Callable[[], int] = time_ns, empty: bool = False
    ) -> None:
        super().__init__(netuid, network="local", max_age=max_age, clock=clock)
        self._rows: dict[str, dict[str, Any]] = {}
        self._owner: str | None = None
        self._block = 1_000
        self._born = 100
        self._uids = 0
        self._stalled = False
        self._news: list[_core.SnapshotDiff] = []
        self._snapshot = self._listed()
        if not empty:
            self.register(ALICE, permit=True, total=10_000 * RAO)
            self.register(BOB, total=10 * RAO)
            self.register(CHARLIE)

    def register(self, who: Any, **facts: Any) -> None:
        """Makes somebody a member, or changes facts of a member: `permit`, `coldkey`, `total` in rao and others."""
        hotkey = _address(who)
        row = self._rows.get(hotkey)
        if row is None:
            row = {"uid": self._uids, "hotkey": hotkey, "active": True, "registered_at": self._block, "total": 0}
            self._uids += 1
        self._rows[hotkey] = {**row, **facts}
        self._changed()

    def deregister(self, who: Any) -> None:
        """Ends a membership."""
        del self._rows[_address(who)]
        self._changed()

    def swap(self, old: Any, new: Any) -> None:
        """The owner of `old` takes another hotkey for its uid."""
        row = self._rows.pop(_address(old))
        self._rows[_address(new)] = {**row, "hotkey": _address(new)}
        self._changed()

    def own(self, who: Any) -> None:
        """Makes somebody the owner of the subnet."""
        self._owner = _address(who)
        self._changed()

    def stall(self) -> None:
        """From now on nothing new is read."""
        self._stalled = True

    def resume(self) -> None:
        """Reads again."""
        self._stalled = False
        self._changed()

    async def start(self) -> None:
        """There is no task: changes are known at once."""

    async def facts_for(self, hotkey: _core.Hotkey) -> _core.Facts:
        """What is known of a hotkey."""
        news, self._news = self._news, []
        for diff in news:
            for listener in self._listeners:
                await listener(diff)
        return self._facts

    async def _read(self, endpoint: int) -> Read:
        return self._adopted()

    def _changed(self) -> None:
        self._block += 1
        if self._stalled:
            return
        self._snapshot = self._listed()
        snapshot, diff = self._adopted()
        self._use(self._view.with_snapshot(snapshot))
        if diff is not None:
            self._news.append(diff)

    def _adopted(self) -> Read:
        try:
            return self._reader.adopt(self._snapshot)
        except BittensorAuthError as failure:
            if failure.code != "snapshot_suspicious":
                raise
            return self._reader.adopt(self._snapshot)  # said twice, it is believed

    def _listed(self) -> _core.Snapshot:
        now_ms = self._clock() // 1_000_000
        block = {"number": self._block, "hash": f"{self._block:064x}", "time_ms": now_ms}
        return snapshot_of(
            self.netuid,
            self._rows.values(),
            fetched_at_ms=now_ms,
            block=block,
            registered_at=self._born,
            tempo=360,
            last_epoch=self._block - 1,
            owner_hotkey=self._owner,
            coldkey_swaps={"scope": "everyone", "pending": []},
        )


def sign_as(
    who: Keypair, method: str, target: str, body: bytes = b"", *, receiver: str, clock: Callable[[], int] = time_ns
) -> dict[str, str]:
    """The headers of a request that `who` signs for the service `receiver`. `target`: path and query."""
    return sign_request(who, method, target, body, receiver=receiver, nonce_ns=clock() + next(_ticks))


def assert_rejected(response: Any, code: str) -> None:
    """Fails unless an HTTP response (of httpx, requests or a test client) is the problem answer with this code."""
    content_type = response.headers.get("content-type", "")
    assert content_type.startswith("application/problem+json"), f"expected a problem answer, got {content_type}"
    assert response.json()["code"] == code


def _address(who: Any) -> str:
    if isinstance(who, Caller):
        return who.hotkey
    address: str = who if isinstance(who, str) else who.ss58_address
    return address
