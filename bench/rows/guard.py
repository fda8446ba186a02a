"""The in-memory replay guard at a million live claims (core/benches/guard.rs)."""

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
    "guard-claim": ("us", Target(1.0, of="ours")),
    "guard-memory": ("bytes", Target(40.0, of="ours")),
    "guard-left-after-expiry": ("bytes", Target(0.5, of="ours")),
}
NAMES = tuple(TARGETS)


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    if not shutil.which("cargo"):
        progress("no cargo: guard rows left out")
        return
    progress("building core/benches/guard.rs")
    command = ["cargo", "bench", "--quiet", "-p", "bittensor-auth", "--bench", "guard", "--", str(min(rounds, 9))]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    progress(f"guard: {found}")
    for name, (unit, target) in TARGETS.items():
        yield Row(name, found[name], None, unit, target)
