"""What a layer takes of a request, in each language: CPU time with it less that of the same server without it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

import environments
from environments import BENCH, ROOT
from process import Worker
from report import Row, Target, interleave, progress
from rows.servers import WARM_UP, WARM_UP_STEP
from services import free_port, running, uvicorn, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AXUM = ("axum-layer-signed-memory", "axum-layer-session-memory")
LIMITS = {"signed": 80.0, "session": 25.0}
"""Largest cost in us, whatever the language."""
SERVED = ("node", "python")
NAMES = (*AXUM, *(f"{language}-layer-{kind}-memory" for language in SERVED for kind in LIMITS))
COUNT = 500
CONNECTIONS = 8


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    if any(map(wanted, AXUM)):
        yield from _axum(rounds)
    for language in SERVED:
        kinds = [kind for kind in LIMITS if wanted(f"{language}-layer-{kind}-memory")]
        if kinds:
            yield from _served(language, kinds, rounds)


def _axum(rounds: int) -> Iterator[Row]:
    """Without sockets: the router alone (server/benches/layer.rs)."""
    if not shutil.which("cargo"):
        progress("no cargo: axum rows left out")
        return
    progress("building server/benches/layer.rs")
    command = ["cargo", "bench", "--quiet", "-p", "bittensor-auth-server", "--all-features", "--bench", "layer"]
    done = subprocess.run([*command, "--", str(rounds)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    limits = dict(zip(AXUM, LIMITS.values()))
    for row in json.loads(done.stdout):
        yield Row(row["name"], row["ours"], row["peer"], "us", Target(limits[row["name"]], of="ours"))


def _served(language: str, kinds: list[str], rounds: int) -> Iterator[Row]:
    with ExitStack() as stack:
        load = stack.enter_context(Worker(environments.ours(), "load.py"))
        receiver = load.ask("receiver_address")
        if language == "python":
            port, pid = stack.enter_context(uvicorn(environments.ours(), "ours", receiver, None))
        else:
            port = free_port()
            settings = {**os.environ, "RECEIVER": receiver, "PORT": str(port)}
            command = [environments.javascript(), BENCH / "js/service.mjs"]
            pid = stack.enter_context(running(command, port, settings))
        wait(lambda: load.ask("is_ready", port=port, style="ours"))
        options = {"port": port, "pid": pid, "style": "ours", "connections": CONNECTIONS}
        options["token"] = load.ask("log_in", port=port, style="ours")
        for _ in range(WARM_UP // WARM_UP_STEP):
            load.ask("cpu_us_each", count=WARM_UP_STEP, path="/signed", **options)

        def asking(kind: str) -> Callable[[], float]:
            return lambda: float(load.ask("cpu_us_each", count=COUNT, path=f"/{kind}", **options))

        values = interleave(f"{language}, us a request", rounds, {kind: asking(kind) for kind in ("open", *kinds)})
    for kind in kinds:
        own = median(one - base for one, base in zip(values[kind], values["open"]))
        name = f"{language}-layer-{kind}-memory"
        yield Row(name, own, median(values["open"]), "us", Target(LIMITS[kind], of="ours"))
