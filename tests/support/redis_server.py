"""A real Redis of the test's own, which can be broken in every way a real one breaks."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .processes import Process, free_port, wait_until


class RedisServer:
    """One `redis-server` without persistence, unless a test saves by itself. Use it in a `with` statement."""

    def __init__(self, folder: Path, *options: str) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip("redis-server is not installed")
        self.port = free_port()
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._options = options
        self._process: Process | None = None
        # No retries: a test that talks to a broken server wants to know it.
        self.client: Any = redis.Redis(port=self.port, socket_timeout=5, retry=Retry(NoBackoff(), 0))

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def snapshot(self) -> Path:
        """What `SAVE` writes, and what a start reads if it is there."""
        return self.folder / "dump.rdb"

    def __enter__(self) -> RedisServer:  # noqa: PYI034 - Self needs Python 3.11
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self._process is not None:
            self._process.send(signal.SIGCONT)
            self._process.end()

    def start(self) -> None:
        """Starts it, with the snapshot if there is one; returns when it answers."""
        if self._process is not None:
            assert self._process.wait(5) is not None, "it still runs"
        settings = {
            "bind": "127.0.0.1", "port": str(self.port), "save": "", "appendonly": "no",
            "dir": str(self.folder), "rdbcompression": "no", "repl-diskless-sync-delay": "0",
        }  # fmt: skip
        command = ["redis-server", *(word for pair in settings.items() for word in (f"--{pair[0]}", pair[1]))]
        self._process = Process([*command, *self._options], log=self.folder / "redis.log")
        wait_until(self.answers, seconds=10, what="redis-server starts")

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """SIGKILL: nothing is saved, nobody is told."""
        assert self._process is not None
        self._process.send(signal.SIGKILL)
        self._process.wait(5)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send(signal.SIGCONT)

    def info(self, field: str) -> Any:
        return self.client.info("everything")[field]
