"""Long-lived processes that measure on command, so that packages with one import name can take turns."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from environments import BENCH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType


class Worker:
    """A script of `workers/` in one environment: one JSON line in, one out (see workers/serve.py).

    Or any other command that speaks so.
    """

    def __init__(
        self, interpreter: Path, script: str | Path, *arguments: str | Path, flags: Sequence[str] = ("-B",)
    ) -> None:
        command = [interpreter, *flags, BENCH / "workers" / script, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command: str, **options: Any) -> Any:
        """The worker's answer to one command."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([command, options]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{command}: the worker ended; its error stands above")
        return json.loads(answer)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.stdin and self._process.stdin.close()
        self._process.wait(timeout=10)
