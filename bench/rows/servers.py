"""CPU time of a FastAPI server for one authenticated request, less that of an open one, against `bittensor-auth` 0.1.1."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import environments
from process import Worker
from report import Row, Target, interleave, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COUNT = 500
WARM_UP = 35_000
"""Signed requests before anything is measured: a server knows its 256 callers then, and has tables for them."""
WARM_UP_STEP = 5_000
"""Signed beforehand, so they have to be sent before they are stale."""
PATIENCE = 60.0


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
        redis_url = stack.enter_context(_redis()) if store.name == "redis" else None
        load = stack.enter_context(Worker(environments.ours(), "load.py"))
        sides = {}
        for style, python, app in (
            ("ours", environments.ours(), "ours"),
            ("peer", environments.peer_old(), "peer_old"),
        ):
            port, pid = stack.enter_context(_server(python, app, load.ask("receiver_address"), redis_url))
            _wait(lambda port=port, style=style: load.ask("is_ready", port=port, style=style))
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


@contextmanager
def _server(python: Path, app: str, receiver: str, redis_url: str | None) -> Iterator[tuple[int, int]]:
    """A uvicorn with one worker; its port and process."""
    port = _free_port()
    options = [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "warning",
        "--port",
        str(port),
    ]
    command = [python, "-B", "-m", "uvicorn", "--app-dir", environments.BENCH / "servers", *options, f"{app}:app"]
    settings = {**os.environ, "RECEIVER": receiver, **({"REDIS_URL": redis_url} if redis_url else {})}
    with _running(command, port, settings) as pid:
        yield port, pid


@contextmanager
def _redis() -> Iterator[str]:
    """The URL of a Redis of our own, empty and in memory only."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with _running([*command, "--loglevel", "warning"], port, dict(os.environ)):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _running(command: list[str | Path], port: int, settings: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL)
    try:
        _wait(lambda: _listens(port) or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended at once; its error stands above")
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready after {PATIENCE:g} s")
        time.sleep(0.1)
