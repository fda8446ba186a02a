"""The worker's side of process.py, and the stopwatch that all workers use."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

HOTKEYS = 256
"""Callers take turns, as many as a subnet has: what is kept for one of them is not in the nearest cache."""
WARM_UP = 140
"""Requests of each caller before anything is measured: a server knows its callers then, and has tables for them."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def serve(*commands: Callable[..., Any]) -> None:
    """Answers commands until stdin ends. Whatever a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    known = {command.__name__: command for command in commands}
    for line in sys.stdin:
        name, options = json.loads(line)
        answers.write(json.dumps(known[name](**options)) + "\n")
        answers.flush()


def cpu_us_each(call: Callable[[Any], object], items: Iterable[Any]) -> float:
    """CPU time of this process for one call, in µs."""
    items = list(items)
    gc.collect()
    gc.disable()
    started = time.process_time_ns()
    for item in items:
        call(item)
    spent = time.process_time_ns() - started
    gc.enable()
    return spent / len(items) / 1000
