"""Who is registered on a subnet, and where that is read: give one of these to `HotkeyAuth(registry=…)`.

Every registry reads in one task, every 300 s unless you say otherwise, and keeps the last snapshot in memory. After
`max_age` seconds (1,200) without a good reading nobody is admitted: `registry_unavailable` (503).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from time import time_ns
from typing import Any

from . import _core
from ._endpoint import Endpoint
from ._errors import error
from ._refresher import Read, Registry
from ._snapshots import snapshot_of

__all__ = ["Registry", "StaticRegistry", "SubtensorRegistry"]


class SubtensorRegistry(Registry):
    """Reads a subnet from subtensor nodes, over HTTP (extra `httpx`) or WebSocket (extra `websockets`).

    `urls`: one endpoint or several in the order in which they are tried; the network's public ones if there are none.
    `network`: `finney`, `test` or `local`; `genesis`: 64 hex digits, for a chain without a name. `registered_at`: the
    block at which the netuid was given to the subnet; without it, whoever has it at the first reading.
    A node is trusted: use TLS, and your own node where it matters.
    """

    def __init__(
        self,
        urls: str | Sequence[str] | None = None,
        *,
        netuid: int,
        network: str = "finney",
        genesis: str | None = None,
        registered_at: int | None = None,
        interval: float | None = None,
        max_age: float | None = None,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        public = _core.network_endpoints(network)
        chosen = public if urls is None else [urls] if isinstance(urls, str) else list(urls)
        self._endpoints = [Endpoint(url) for url in chosen]
        for endpoint in self._endpoints:
            endpoint.check_library()
        super().__init__(
            netuid,
            network=network,
            genesis=genesis,
            registered_at=registered_at,
            interval=interval,
            max_age=max_age,
            endpoints=["public" if network != "local" and url in public else "own" for url in chosen],
            clock=clock,
        )

    async def _read(self, endpoint: int) -> Read:
        reader = self._reader
        plan = reader.snapshot_plan(self._clock())
        await self._endpoints[endpoint].run(plan, self._clock)
        return reader.accept(plan)

    async def _read_point(self, endpoint: int, hotkey: _core.Hotkey) -> _core.PointRead | None:
        plan = self._reader.point_plan(hotkey, self._clock())
        if plan is None:
            return None
        await self._endpoints[endpoint].run(plan, self._clock)
        return plan.read()


class StaticRegistry(Registry):
    """Members from a dictionary or a JSON file, for development and private services.

    `members`: SS58 address → facts, all of them optional: `uid`, `coldkey`, `permit`, `active`, and stakes in rao
    (`total`, `alpha`, `tao`, `own_alpha`). A file holds the same as a JSON object and is read again every `interval`
    seconds. `owner`: the hotkey that owns the subnet.
    """

    def __init__(
        self,
        members: Mapping[str, Mapping[str, Any]] | str | PathLike[str],
        *,
        netuid: int,
        owner: str | None = None,
        interval: float | None = None,
        max_age: float | None = None,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self._members = members if isinstance(members, Mapping) else Path(members)
        self._owner = owner
        super().__init__(netuid, network="local", interval=interval, max_age=max_age, clock=clock)

    async def _read(self, endpoint: int) -> Read:
        members = self._members
        if isinstance(members, Path):
            try:
                members = json.loads(await asyncio.to_thread(members.read_bytes))
            except (OSError, ValueError, RecursionError):
                raise error(
                    "snapshot_invalid", "the file of members: expected a JSON object that can be read"
                ) from None
        return self._reader.adopt(_listed(self.netuid, members, self._owner, self._clock() // 1_000_000))


def _listed(netuid: int, members: object, owner: str | None, now_ms: int) -> _core.Snapshot:
    if not isinstance(members, Mapping) or not all(isinstance(facts, Mapping) for facts in members.values()):
        raise error("snapshot_invalid", "members: expected SS58 addresses, each with an object of facts")
    taken = {facts["uid"] for facts in members.values() if isinstance(facts.get("uid"), int)}
    free = (uid for uid in range(len(members) + len(taken) + 1) if uid not in taken)
    rows = [
        {"hotkey": hotkey, **facts, "uid": facts["uid"] if "uid" in facts else next(free)}
        for hotkey, facts in members.items()
    ]
    block = {"number": 0, "hash": "00" * 32, "time_ms": now_ms}
    return snapshot_of(
        netuid,
        rows,
        fetched_at_ms=now_ms,
        block=block,
        owner_hotkey=owner,
        coldkey_swaps={"scope": "everyone", "pending": []},
    )
