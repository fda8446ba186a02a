"""What it costs to have the package: import time, size of the wheel, dependencies."""

from __future__ import annotations

import os
import subprocess
from statistics import median
from typing import TYPE_CHECKING

import environments
from report import Row, Target, interleave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IMPORT, WHEEL, DEPENDENCIES = "import", "wheel-size", "dependencies"
NAMES = (IMPORT, WHEEL, DEPENDENCIES)
_COUNT = """
from importlib.metadata import requires
print(sum("extra ==" not in line for line in requires("bittensor-auth") or ()))
"""


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    ours, peer = environments.ours(), environments.peer_old()
    if wanted(IMPORT):
        sides = {
            f"{side} {what}": _starting(python, code)
            for side, python in (("ours", ours), ("peer", peer))
            for what, code in (("bare", "pass"), ("import", "import bittensor_auth"))
        }
        values = interleave("import, ms", rounds, sides)
        own = {
            side: median(one - bare for one, bare in zip(values[f"{side} import"], values[f"{side} bare"]))
            for side in ("ours", "peer")
        }
        yield Row(IMPORT, own["ours"], own["peer"], "ms", Target(10, of="ours"))
    if wanted(WHEEL):
        yield Row(WHEEL, environments.wheel().stat().st_size / 1e6, None, "MB", Target(1, of="ours"))
    if wanted(DEPENDENCIES):
        yield Row(DEPENDENCIES, _dependencies(ours), _dependencies(peer), "", Target(0, of="ours"))


def _starting(python: Path, code: str) -> Callable[[], float]:
    """CPU time of a whole interpreter, in ms."""

    def run() -> float:
        process = subprocess.Popen([python, "-c", code])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{code!r} failed under {python}")
        return (usage.ru_utime + usage.ru_stime) * 1000

    return run


def _dependencies(python: Path) -> int:
    """How many packages come along with ours, extras aside."""
    return int(subprocess.run([python, "-c", _COUNT], stdout=subprocess.PIPE, text=True, check=True).stdout)
