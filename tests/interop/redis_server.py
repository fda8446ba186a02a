"""A Redis of the test's own."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from proxies import free_ports

READY_WITHIN = 10


@contextlib.contextmanager
def shared_redis(folder: Path) -> Iterator[str]:
    """The URL of a `redis-server` that keeps everything in memory and evicts nothing."""
    (port,) = free_ports(1)
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--maxmemory-policy", "noeviction"]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(
            ["redis-server", *options, "--dir", str(folder)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + READY_WITHIN
        while b"Ready to accept" not in (folder / "redis.log").read_bytes():
            assert process.poll() is None, "redis-server ended"
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)
