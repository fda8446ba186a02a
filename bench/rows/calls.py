"""Signing and verifying by hand, against the chain's SDK."""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING

import environments
from process import Worker
from report import Row, Target, interleave, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERIFY, SIGN, THREADS, REFUSE = "verify", "sign", "verify-2-threads", "verify-bad-signature"
NAMES = (VERIFY, SIGN, REFUSE, THREADS)
COUNT = 300


def measure(rounds: int, wanted: Callable[[str], bool]) -> Iterator[Row]:
    with Worker(environments.ours(), "ours.py") as ours, Worker(environments.peer_sdk(), "peer_sdk.py") as peer:
        for name, limit in ((VERIFY, 0.75), (SIGN, 0.5)):
            if wanted(name):
                sides = {side: _asking(worker, name) for side, worker in (("ours", ours), ("peer", peer))}
                values = interleave(f"{name}, us", rounds, sides)
                yield Row(name, median(values["ours"]), median(values["peer"]), "us", Target(limit))
        if wanted(REFUSE):
            values = interleave(
                f"{REFUSE}, us", rounds, {"bad": _asking(ours, "refuse"), "good": _asking(ours, "verify")}
            )
            yield Row(REFUSE, median(values["bad"]), median(values["good"]), "us", Target(1.05))
        if wanted(THREADS):
            sides = {
                str(threads): lambda threads=threads: ours.ask("verify_in_threads", count=COUNT, threads=threads)
                for threads in (1, 2)
            }
            values = interleave(f"{THREADS}, 1/s", 2 * rounds, sides)
            progress(f"{THREADS}: wall time, so it needs two idle cores; the load was {os.getloadavg()[0]:.1f}")
            # The best round is the one in which nobody else wanted the cores.
            yield Row(THREADS, max(values["2"]), max(values["1"]), "1/s", Target(1.8, least=True))


def _asking(worker: Worker, command: str) -> Callable[[], float]:
    return lambda: float(worker.ask(command, count=COUNT))
