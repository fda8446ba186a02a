"""Servers and stores that a row starts, each on a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import environments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 60.0


@contextmanager
def uvicorn(python: Path, app: str, receiver: str, redis_url: str | None) -> Iterator[tuple[int, int]]:
    """A uvicorn with one worker; its port and process."""
    port = free_port()
    options = [
        "--loop",
        "uvloop",
        "--http",
        "httptools",
        "--no-access-log",
        "--log-level",
        "warning",
        "--port",
        str(port),
    ]
    command = [python, "-B", "-m", "uvicorn", "--app-dir", environments.BENCH / "servers", *options, f"{app}:app"]
    settings = {**os.environ, "RECEIVER": receiver, **({"REDIS_URL": redis_url} if redis_url else {})}
    with running(command, port, settings) as pid:
        yield port, pid


@contextmanager
def redis() -> Iterator[str]:
    """The URL of a Redis of our own, empty and in memory only."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with running([*command, "--loglevel", "warning"], port, dict(os.environ)):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def running(command: list[str | Path], port: int, settings: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL)
    try:
        wait(lambda: _listens(port) or process.poll() is not None)
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended at once; its error stands above")
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready after {PATIENCE:g} s")
        time.sleep(0.1)
