"""Every threat of the threat model has its row in the README, and every row is true."""

from __future__ import annotations

import re
from pathlib import Path

from attack import ATTACKS, SLOW_ATTACKS
from test_attacks_over_http import OTHERS

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (T[0-9]{2}) \| (.*?) \| ?(.*) \|$", Path(__file__).with_name("README.md").read_text(), re.MULTILINE
)

IDS = [attack.id for attack in ATTACKS] + [slow.id for slow in SLOW_ATTACKS]


def threats() -> list[str]:
    """The ids of the threat model; a range stands for all within."""
    ids = []
    for cell in re.findall(r"^\| (T[0-9][^|]*) \|", (ROOT / "docs/threat-model.md").read_text(), re.MULTILINE):
        for first, last in re.findall("T([0-9]{2})(?:–T([0-9]{2}))?", cell):
            ids += [f"T{number:02}" for number in range(int(first), int(last or first) + 1)]
    return sorted(ids)


def test_every_threat_has_one_row() -> None:
    assert len(threats()) > 50
    assert [row[0] for row in ROWS] == threats()


def test_over_http_means_that_there_are_attacks() -> None:
    tried = {name[:3] for name in IDS} | {"T23"}
    assert {row[0] for row in ROWS if row[1].startswith("yes")} == tried


def test_what_is_left_out_is_said() -> None:
    ids = {attack.id for attack in ATTACKS} | {attack.hole for attack in ATTACKS}
    assert {attack for attack, _ in OTHERS} <= ids
    by_row = {row[0]: row[1] for row in ROWS}
    for attack, server in OTHERS:
        assert server in by_row[attack[:3]] or attack.startswith("T13-")


def test_ids_of_attacks_are_distinct() -> None:
    assert len(IDS) == len(set(IDS))


def test_every_name_is_there() -> None:
    names = [name for row in ROWS for name in re.findall(r"`([^`]+::[^`]+)`", row[2])]
    assert len(names) > 30
    for name in names:
        file, _, test = name.partition("::")
        assert test in (ROOT / file).read_text(), f"{name}: expected it to be there"


def test_what_is_not_over_http_is_shown_elsewhere() -> None:
    for threat, over_http, elsewhere in ROWS:
        assert over_http.startswith("yes") or "::" in elsewhere, f"{threat} is shown by nothing"
