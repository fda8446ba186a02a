"""The command line: runs the groups of rows that were asked for, prints the table and writes the JSON."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from environments import TARGET
from report import Row, table
from rows import calls, chain, guard, javascript, layers, packaging, servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

QUICK_ROUNDS = 9
ROUNDS = 33
"""Many short ones: whatever else a machine does then falls on all sides alike."""

GROUPS: list[tuple[tuple[str, ...], Callable[[int, Callable[[str], bool]], Iterable[Row]]]] = [
    (calls.NAMES, calls.measure),
    (servers.NAMES, servers.measure),
    (layers.NAMES, layers.measure),
    (guard.NAMES, guard.measure),
    (chain.NAMES, chain.measure),
    (packaging.NAMES, packaging.measure),
    (javascript.NAMES, javascript.measure),
]


def main() -> int:
    names = [name for group, _ in GROUPS for name in group]
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__, epilog="rows: " + ", ".join(names))
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds instead of {ROUNDS}: a look, no result"
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="only rows whose name contains NAME; repeatable"
    )
    parser.add_argument(
        "--json", metavar="PATH", type=Path, default=TARGET / "bench.json", help="where the rows go (%(default)s)"
    )
    options = parser.parse_args()

    def wanted(name: str) -> bool:
        return not options.only or any(part == name if part in names else part in name for part in options.only)

    if not any(map(wanted, names)):
        parser.error("--only: expected a part of one of: " + ", ".join(names))
    started = time.monotonic()
    rows: list[Row] = []
    for group, measure in GROUPS:
        if any(map(wanted, group)):
            rows += [row for row in measure(QUICK_ROUNDS if options.quick else ROUNDS, wanted) if wanted(row.name)]
    print(table(rows))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")
    print(f"{time.monotonic() - started:.0f} s; written to {options.json}", file=sys.stderr)
    return 0
