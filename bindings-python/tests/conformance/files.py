"""The vector files, and what counts as agreeing with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bittensor_auth import BittensorAuthError

FOLDER = Path(__file__).parents[3] / "spec/vectors"
PATHS = sorted((*FOLDER.glob("*.json"), *FOLDER.glob("external/*.json")))
Json = dict[str, Any]


class Case(NamedTuple):
    """One case, with the group that it stands in."""

    file: str
    feature: str
    group: Json
    case: Json

    @property
    def part(self) -> str:
        """The feature, and the part of it where its cases differ in kind."""
        kind = self.group.get("operation") or self.group.get("side") or self.case.get("form")
        if self.feature == "replay":
            kind = (
                "challenge" if any(step["event"]["type"] == "challenge" for step in self.case["steps"]) else "request"
            )
        return f"{self.feature}/{kind}" if kind else self.feature

    @property
    def verdicts(self) -> list[str]:
        """Its verdict, or those of its steps."""
        return [step["expect"] for step in self.case.get("steps", [self.case])]


def read(path: Path) -> Json:
    """A vector file."""
    document: Json = json.loads(path.read_text(encoding="utf-8"))
    return document


def cases() -> Iterator[Case]:
    """All cases of all files."""
    for path in PATHS:
        document = read(path)
        for group in document["groups"]:
            for case in group["cases"]:
                yield Case(path.name, document["feature"], group, case)


def judge(expected: Json, outputs: set[str], run: Callable[[], Json]) -> None:
    """Compares what `run` gives with a case or a step whose outputs have these names."""
    wanted = {name: value for name, value in expected.items() if name in outputs}
    try:
        verdict, given = "ok", run()
    except BittensorAuthError as failure:
        verdict, given = failure.code, {}
    assert (verdict, given) == (expected["expect"], wanted)
