"""Rows of the result: what was measured, what is asked for, and whether it holds."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Target:
    """A bound on our value, or on its ratio to the peer's."""

    limit: float
    of: str = "ratio"
    least: bool = False

    def __str__(self) -> str:
        return f"{self.of} {'>=' if self.least else '<='} {self.limit:g}"

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.least else value <= self.limit


@dataclass(frozen=True)
class Row:
    """One line of the table. `peer` is `None` where nothing else has such a value."""

    name: str
    ours: float
    peer: float | None
    unit: str
    target: Target

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def holds(self) -> bool:
        value = self.ratio if self.target.of == "ratio" else self.ours
        return value is not None and self.target.holds(value)

    def as_json(self) -> dict[str, object]:
        ratio = None if self.ratio is None else round(self.ratio, 3)
        peer = None if self.peer is None else round(self.peer, 3)
        return {
            "name": self.name,
            "ours": round(self.ours, 3),
            "peer": peer,
            "unit": self.unit,
            "ratio": ratio,
            "target": str(self.target),
            "holds": self.holds,
        }


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [("row", "ours", "peer", "unit", "ratio", "target", "holds")]
    for row in rows:
        shown = [f"{value:.4g}" if value is not None else "-" for value in (row.ours, row.peer)]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        lines.append((row.name, *shown, row.unit, ratio, str(row.target), "yes" if row.holds else "no"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def interleave(label: str, rounds: int, sides: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measures all sides in turn, `rounds` times after one round of warm-up, in an order that turns around each time."""
    values: dict[str, list[float]] = {side: [] for side in sides}
    order = list(sides)
    for count in range(rounds + 1):
        for side in order:
            value = sides[side]()
            if count:
                values[side].append(value)
        order.reverse()
    progress(f"{label}: " + ", ".join(f"{side} {median(found):.4g}" for side, found in values.items()))
    return values


def progress(line: str) -> None:
    """Says on stderr what goes on."""
    print(line, file=sys.stderr, flush=True)
