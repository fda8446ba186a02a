"""The npm package: verifying on both engines against what people would use instead, and what goes over the wire."""

from __future__ import annotations

import json
import subprocess
from statistics import median
from typing import TYPE_CHECKING

import environments
from environments import BENCH, NPM_PACKAGE
from process import Worker
from report import Row, Target, interleave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

VERIFY = {
    "node-verify": ("addon", "util-crypto", Target(1 / 50)),
    "node-verify-openssl": ("addon", "node:crypto", Target(0.5)),
    "wasm-verify": ("wasm", "wasm-crypto", Target(0.5)),
    "wasm-verify-schnorrkel": ("wasm", "schnorrkel-wasm", Target(0.7)),
}
"""Row: engine, peer, target. `node:crypto` verifies Ed25519, everything else sr25519."""
SIZES = {"wasm-full-size": 60.0, "wasm-lite-size": 30.0, "client-size": 8.0, "login-path-size": 40.0}
"""Row: largest size in kB. The client alone is compressed with Brotli, everything else with gzip."""
NAMES = (*VERIFY, *SIZES)
COUNT = 100
SLOW = {"util-crypto": 10}


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    node = environments.javascript()
    if any(map(wanted, VERIFY)):
        yield from _verify(node, rounds)
    if any(map(wanted, SIZES)):
        found = json.loads(subprocess.run([node, BENCH / "js/sizes.mjs"], stdout=subprocess.PIPE, check=True).stdout)
        for name, limit in SIZES.items():
            if name in found:
                yield Row(name, found[name], None, "kB", Target(limit, of="ours"))


def _verify(node: Path, rounds: int) -> Iterator[Row]:
    ours, full = BENCH / "js/ours.mjs", NPM_PACKAGE / "dist/engine/full.wasm"
    with (
        Worker(node, ours, "addon", flags=()) as addon,
        Worker(node, ours, full, flags=("--conditions=browser",)) as wasm,
        Worker(node, BENCH / "js/peers.mjs", flags=()) as peers,
    ):
        sides = {side: _asking(worker, "verify", COUNT) for side, worker in (("addon", addon), ("wasm", wasm))}
        for _, peer, _ in VERIFY.values():
            sides[peer] = _asking(peers, peer, SLOW.get(peer, COUNT))
        values = interleave("js verify, us", rounds, sides)
    for name, (engine, peer, target) in VERIFY.items():
        yield Row(name, median(values[engine]), median(values[peer]), "us", target)


def _asking(worker: Worker, command: str, count: int) -> Callable[[], float]:
    return lambda: float(worker.ask(command, count=count))
