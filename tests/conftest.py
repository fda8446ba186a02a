"""Lines that the black-box tests report: printed when they are known and once more at the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

_lines: list[str] = []


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints one measured line, whatever pytest captures."""

    def say(line: str) -> None:
        _lines.append(line)
        with capsys.disabled():
            print(f"\n  {line}", flush=True)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _lines:
        terminalreporter.section("measured")
        for line in _lines:
            terminalreporter.write_line(line)
