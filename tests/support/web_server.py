"""The example service under a real uvicorn, as an operator starts it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bittensor_auth import Keypair

from .processes import Process, free_port, wait_until
from .raw_http import Lost, ask, request

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi"
BARE = ("support.served:app", Path(__file__).parents[1])
"""The application of `served.py`, to be given as `application`."""
SECRET = "a secret of the tests, shared by all workers and servers"
ORIGIN = "https://dash.example.org"


class WebServer:
    """`uvicorn app:app` of the FastAPI example, or another command that serves it. Use it in a `with` statement."""

    def __init__(
        self,
        log: Path,
        *options: str,
        receiver: str | None = None,
        redis_url: str | None = None,
        secret: str | None = SECRET,
        first_start: bool = False,
        application: tuple[str, Path] = ("app:app", EXAMPLE),
        command: list[str] | None = None,
        more: dict[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.receiver = receiver or Keypair.generate("sr25519").ss58_address
        settings = {
            "RECEIVER": self.receiver, "REDIS_URL": redis_url, "SECRET": secret, "ORIGIN": ORIGIN,
            "FIRST_START": "1" if first_start else None,
        }  # fmt: skip
        # A setting of the machine must not decide how many workers there are.
        kept = {name: value for name, value in os.environ.items() if name not in ("WEB_CONCURRENCY", "UVICORN_WORKERS")}
        given = {name: value for name, value in settings.items() if value is not None}
        name, folder = application
        uvicorn = [sys.executable, "-m", "uvicorn", name, "--app-dir", str(folder), "--log-level", "warning"]
        # Another command takes the port as its last argument.
        listen = [*command, str(self.port)] if command else [*uvicorn, "--port", str(self.port)]
        self.process = Process([*listen, *options], log=log, environment={**kept, **given, **(more or {})})

    def __enter__(self) -> WebServer:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.process.end()

    def wait_until_serving(self) -> WebServer:
        wait_until(self.serves, seconds=20, what="the server starts")
        return self

    def serves(self) -> bool:
        """Whether it answers the open route."""
        try:
            return ask(self.port, request("GET", "/", {}))[0].status == 200
        except (OSError, Lost):
            return False

    def worker_pids(self) -> list[int]:
        """The processes below the supervisor that serve."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def connections(self) -> list[int]:
        """How many open connections each worker serves now."""
        established, port = "01", f"{self.port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        inodes = {row[9] for row in rows if row[1].endswith(f":{port}") and row[3] == established}
        counts = []
        for pid in self.worker_pids():
            files = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
            counts.append(sum(file.removeprefix("socket:[").rstrip("]") in inodes for file in files))
        return counts
