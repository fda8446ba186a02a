"""Layouts as text, as `core/src/chain/layout/known.txt` writes them: `Option<Vec<Compact>>`, `([u8;32],u16)`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from .scale import read_compact

_KNOWN = Path(__file__).parents[2] / "core/src/chain/layout/known.txt"
_SIZES = {"bool": 1, "u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "i128": 16}


@cache
def known_lines() -> Mapping[str, str]:
    """The layouts that this release reads: entry and shape, the first where there are several."""
    lines = _KNOWN.read_text(encoding="utf-8").replace("…", "}>").splitlines()
    return dict(reversed([_entry(line) for line in lines]))


def _entry(line: str) -> tuple[str, str]:
    entry, _, shape = line.partition(": ")
    return entry, shape


def inner(shape: str, opening: str) -> str:
    """What stands between the brackets at both ends."""
    if not shape.startswith(opening) or shape[-1] not in ">)]}":
        raise ValueError(f"a layout: expected {opening} … in {shape[:40]}")
    return shape[len(opening) : -1]


def split(shapes: str) -> Iterator[str]:
    """Splits at the commas that stand in no bracket."""
    depth = start = 0
    for at, letter in enumerate(shapes):
        depth += letter in "<([{"
        depth -= letter in ">)]}"
        if letter == "," and depth == 0:
            yield shapes[start:at]
            start = at + 1
    if shapes:
        yield shapes[start:]


def end_of(shape: str, data: bytes, at: int) -> int:
    """Where a value of this shape ends."""
    if shape in _SIZES:
        return at + _SIZES[shape]
    if shape == "Compact":
        return read_compact(data, at)[1]
    if shape.startswith("Option<"):
        if data[at] > 1:
            raise ValueError("an Option: expected 0 or 1")
        return end_of(inner(shape, "Option<"), data, at + 1) if data[at] else at + 1
    if shape.startswith("Vec<"):
        count, at = read_compact(data, at)
        item = inner(shape, "Vec<")
        if item in _SIZES:
            return at + count * _SIZES[item]
        for _ in range(count):
            at = end_of(item, data, at)
        return at
    if shape.startswith("["):
        item, _, length = inner(shape, "[").rpartition(";")
        for _ in range(int(length)):
            at = end_of(item, data, at)
        return at
    named = shape.startswith("{")
    for field in split(inner(shape, "{" if named else "(")):
        at = end_of(field.partition(":")[2] if named else field, data, at)
    return at
