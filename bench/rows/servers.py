"""CPU time of a FastAPI server for one authenticated request, less that of an open one, against `bittensor-auth` 0.1.1."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import environments
from process import Worker
from report import Row, Target, interleave, progress
from services import redis, uvicorn, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = 500
WARM_UP = 35_000
"""Signed requests before anything is measured: a server knows its 256 callers then, and has tables for them."""
WARM_UP_STEP = 5_000
"""Signed beforehand, so they have to be sent before they are stale."""


@dataclass(frozen=True)
class Store:
    """Where both servers remember, how many clients they have, and the largest ratios."""

    name: str
    connections: int
    signed: float
    session: float


STORES = (Store("memory", 8, 0.65, 0.8), Store("redis", 16, 0.5, 0.5))
NAMES = tuple(f"fastapi-{kind}-{store.name}" for store in STORES for kind in ("signed", "session"))


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    for store in STORES:
        kinds = [kind for kind in ("signed", "session") if wanted(f"fastapi-{kind}-{store.name}")]
        if not kinds:
            continue
        if store.name == "redis" and not shutil.which("redis-server"):
            progress("no redis-server: rows left out")
            continue
        yield from _measure_store(store, kinds, rounds)


def _measure_store(store: Store, kinds: list[str], rounds: int) -> Iterator[Row]:
    with ExitStack() as stack:
        redis_url = stack.enter_context(redis()) if store.name == "redis" else None
        load = stack.enter_context(Worker(environments.ours(), "load.py"))
        sides = {}
        for style, python, app in (
            ("ours", environments.ours(), "ours"),
            ("peer", environments.peer_old(), "peer_old"),
        ):
            port, pid = stack.enter_context(uvicorn(python, app, load.ask("receiver_address"), redis_url))
            wait(lambda port=port, style=style: load.ask("is_ready", port=port, style=style))
            token = load.ask("log_in", port=port, style=style)
            for kind in ("open", *kinds):
                options = {"port": port, "pid": pid, "path": f"/{kind}", "style": style, "token": token}
                options["connections"] = store.connections
                if kind == "signed":
                    for _ in range(WARM_UP // WARM_UP_STEP):
                        load.ask("cpu_us_each", count=WARM_UP_STEP, **options)
                sides[f"{style} {kind}"] = _asking(load, {**options, "count": COUNT})
        values = interleave(f"{store.name}, us a request", rounds, sides)
        for kind in kinds:
            own = {
                style: median(one - base for one, base in zip(values[f"{style} {kind}"], values[f"{style} open"]))
                for style in ("ours", "peer")
            }
            target = Target(getattr(store, kind))
            yield Row(f"fastapi-{kind}-{store.name}", own["ours"], own["peer"], "us", target)


def _asking(load: Worker, options: dict[str, object]) -> Callable[[], float]:
    return lambda: float(load.ask("cpu_us_each", **options))
