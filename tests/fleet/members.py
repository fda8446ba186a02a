"""The servers of a fleet. Each kind is one entry of `KINDS`: how it is built, and how it is started."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.processes import Process, free_port, wait_until
from support.raw_http import Lost, ask, request
from support.web_server import ORIGIN, SECRET

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Kind:
    """A server in one language: the example of that language, as it is shipped."""

    name: str
    command: Callable[[int], list[str]]
    """What starts it on a port of 127.0.0.1, which is in the environment as well, like everything else that it takes."""


def _python(port: int) -> list[str]:
    here = str(Path(__file__).parent)
    return [
        *(sys.executable, "-m", "uvicorn", "python_member:app", "--app-dir", here),
        *("--port", str(port), "--log-level", "warning"),
    ]


def _rust(_: int) -> list[str]:
    return [str(_built("bittensor-auth-example-axum"))]


def _node(_: int) -> list[str]:
    preload = Path(__file__).with_name("node_member.mjs")
    # As much as the other servers read, so that what is too long is refused by us and not by Node.
    return ["node", "--max-http-header-size=24000", "--import", str(preload), str(_node_project() / "app.js")]


@cache
def _node_project() -> Path:
    """The example, beside the packages that its `npm install` puts there: ours as `npm run build` left it."""
    assert (ROOT / "js/dist/index.js").exists(), "expected the built npm package: make js/dist/index.js"
    folder = Path(tempfile.mkdtemp(prefix="bittensor-auth-fleet-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    modules = folder / "node_modules"
    modules.mkdir()
    (modules / "bittensor-auth").symlink_to(ROOT / "js")
    for package in ("cors", "express", "ioredis"):
        (modules / package).symlink_to(ROOT / "js/node_modules" / package)
    for file in ("app.js", "package.json"):
        shutil.copy(ROOT / "examples/node" / file, folder)
    return folder


@cache
def _built(package: str) -> Path:
    """The binary of a package of the workspace, built first if it has changed."""
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--package", package], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    return ROOT / target / "debug" / package


KINDS = [Kind("python", _python), Kind("rust", _rust), Kind("node", _node)]


class Member:
    """One server of the fleet. It keeps its port when it is started again. Use it in a `with` statement."""

    def __init__(
        self,
        kind: Kind,
        log: Path,
        *,
        receiver: str,
        redis_url: str,
        clock_shift_ms: int = 0,
        store_timeout_ms: int = 200,
    ) -> None:
        self.kind = kind
        self.port = free_port()
        self._log = log
        settings = {
            "PORT": str(self.port),
            "RECEIVER": receiver,
            "REDIS_URL": redis_url,
            "SECRET": SECRET,
            "ORIGIN": ORIGIN,
            "COOKIES": "1",
            "STORE_TIMEOUT_MS": str(store_timeout_ms),
            "TEST_ONLY_CLOCK_SHIFT_MS": str(clock_shift_ms),
        }
        kept = {name: value for name, value in os.environ.items() if name not in ("WEB_CONCURRENCY", "UVICORN_WORKERS")}
        self._environment = {**kept, **settings}
        self.start()

    def __enter__(self) -> Member:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.process.end()

    def start(self) -> None:
        self.process = Process(self.kind.command(self.port), log=self._log, environment=self._environment)

    def kill(self) -> None:
        """SIGKILL: whatever it was doing, it does not finish."""
        self.process.send(signal.SIGKILL)
        self.process.wait(5)

    def wait_until_serving(self) -> None:
        wait_until(self.serves, seconds=20, what=f"the {self.kind.name} server starts")

    def serves(self) -> bool:
        """Whether it answers the open route."""
        assert self.process.exit_code() is None, self.process.log
        try:
            return ask(self.port, request("GET", "/", {}))[0].status == 200
        except (OSError, Lost):
            return False
