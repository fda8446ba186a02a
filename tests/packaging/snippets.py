"""Code blocks of a README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(
    r"(?:<!-- test: (?P<role>[^\n]+?) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


class Snippet(NamedTuple):
    """One block, with the role that the comment before it gives it."""

    name: str
    language: str
    role: str | None
    code: str


def snippets(path: Path) -> list[Snippet]:
    """All blocks of a file."""
    text = path.read_text(encoding="utf-8")
    found = []
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("code"))
        found.append(Snippet(f"{path.parent.name}/{path.name}:{line}", *block.group("language", "role", "code")))
    return found
