"""A subnet's facts: decoding an answer, a snapshot of 1,024 neurons, a lookup, a decision (core/benches/chain.rs)."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

from environments import ROOT
from report import Row, Target, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TARGETS = {
    "chain-decode-us": ("us", Target(2_000.0, of="ours")),
    "snapshot-bytes": ("bytes", Target(1_000_000.0, of="ours")),
    "snapshot-lookup-us": ("us", Target(1.0, of="ours")),
    "policy-allow-us": ("us", Target(1.0, of="ours")),
    "policy-deny-us": ("us", Target(1.0, of="ours")),
}
NAMES = tuple(TARGETS)


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    if not shutil.which("cargo"):
        progress("no cargo: chain rows left out")
        return
    progress("building core/benches/chain.rs")
    command = ["cargo", "bench", "--quiet", "-p", "bittensor-auth", "--features", "chain", "--bench", "chain"]
    done = subprocess.run([*command, "--", str(rounds)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    progress(f"chain: {found}")
    for name, (unit, target) in TARGETS.items():
        yield Row(name, found[name], None, unit, target)
