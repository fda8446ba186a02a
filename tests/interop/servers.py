"""Real servers as child processes, each on a port of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from keys import receiver

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RUST = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "examples"
with socket.create_server(("localhost", 0)) as _free:
    SITE = f"http://localhost:{_free.getsockname()[1]}"
"""Where people log in: the page of the browser."""
SECRET = "a secret of the tests, shared by all servers"
BIN = Path(sys.executable).parent
READY_WITHIN = 60
GONE_WITHIN = 20

# An idle connection lives longer than any pause between two tests, so that no client meets one that is being closed.
UVICORN = ["uvicorn", "--fd", "{fd}", "--no-access-log", "--timeout-keep-alive", "60", "--http"]
HTTPTOOLS = [*UVICORN, "httptools", "--loop", "uvloop"]
H11 = [*UVICORN, "h11", "--loop", "asyncio"]
HYPERCORN = ["hypercorn", "--bind", "fd://{fd}", "--keep-alive", "60"]


@dataclass(frozen=True)
class Flavour:
    """An application on a server."""

    command: list[str]
    app: str
    environment: dict[str, str] = field(default_factory=dict)
    takes_stdin: bool = False
    """Whether the listening socket is its standard input."""


KNOWS_PREFIX = {"PUBLIC_PREFIX": "/public"}

OURS = {
    "fastapi-httptools": Flavour(HTTPTOOLS, "ours_fastapi"),
    "fastapi-h11": Flavour(H11, "ours_fastapi"),
    "fastapi-hypercorn": Flavour(HYPERCORN, "ours_fastapi"),
    "starlette-hypercorn": Flavour(HYPERCORN, "ours_starlette"),
    "quart-hypercorn": Flavour(HYPERCORN, "ours_quart"),
    "litestar-hypercorn": Flavour(HYPERCORN, "ours_litestar"),
}
PREFIXED = {
    "server-adds-prefix": Flavour([*HTTPTOOLS, "--root-path", "/public"], "ours_fastapi"),
    "service-knows-prefix": Flavour(H11, "ours_fastapi", KNOWS_PREFIX),
}
SDKS = {
    "sdk-httptools": Flavour(HTTPTOOLS, "sdk_fastapi"),
    "sdk-h11": Flavour(H11, "sdk_fastapi"),
}
# The script finds the built package in `js/dist`; what it is to serve comes last.
NODE = [shutil.which("node") or "node", str(HERE / "apps" / "ours_node.mjs"), "{fd}"]
NODES = {
    "node-express-5": Flavour(NODE, "express"),
    "node-express-4": Flavour(NODE, "express4"),
    "node-fastify": Flavour(NODE, "fastify"),
    "node-hono": Flavour(NODE, "hono"),
}
RUSTS = {"axum": Flavour([str(RUST / "interop_server")], "", takes_stdin=True)}
OTHERS = NODES | RUSTS
"""The servers that are no Python."""
OTHERS_PREFIXED = {
    f"{name}-knows-prefix": Flavour(flavour.command, flavour.app, KNOWS_PREFIX, flavour.takes_stdin)
    for name, flavour in OTHERS.items()
}
FLAVOURS = OURS | PREFIXED | SDKS | OTHERS | OTHERS_PREFIXED
FASTAPI = [name for name, flavour in OURS.items() if flavour.app == "ours_fastapi"]
UVICORNS = [name for name, flavour in OURS.items() if flavour.command[0] == "uvicorn"]
BEHIND_PROXIES = ["fastapi-httptools", "fastapi-hypercorn", "node-express-5", "node-fastify", "node-hono", "axum"]
BEHIND_STRIPPING_PROXIES = [
    "service-knows-prefix",
    *(f"{name}-knows-prefix" for name in ("node-express-5", "node-fastify", "node-hono", "axum")),
]
HYPERCORNS = [name for name in OURS if name not in UVICORNS]


class Server:
    """A running server: where it is, and for which hotkey it accepts requests."""

    def __init__(self, name: str, log: Path, service: str, environment: dict[str, str]) -> None:
        flavour = FLAVOURS[name]
        self.flavour = name
        self.receiver = receiver(service)
        self.log = log
        # The port exists before the server does, so nobody has to guess one or read it from a log.
        with socket.create_server(("127.0.0.1", 0), backlog=256) as listener, log.open("wb") as output:
            self.port: int = listener.getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
            # uvicorn takes a socket that it is handed for a Unix one and forgets this: 40 ms for every answer.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            fd = listener.fileno()
            program, *arguments = flavour.command
            app = [f"apps.{flavour.app}:app"] if flavour.app else []
            self._process = subprocess.Popen(
                [BIN / program, *(word.format(fd=fd) for word in arguments), *app],
                cwd=HERE,
                env={
                    **os.environ,
                    **flavour.environment,
                    **environment,
                    "RECEIVER": self.receiver,
                    "PYTHONUNBUFFERED": "1",
                    # Where the in-memory store keeps the lock file that makes it the only one.
                    "TMPDIR": str(log.parent),
                },
                pass_fds=[fd],
                stdin=listener if flavour.takes_stdin else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns when a route that is open to all answers 200."""
        # The request waits in the listener's queue; if the server gives up, the connection is reset.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), READY_WITHIN) as peer:
            peer.sendall(b"GET /open HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            if peer.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200":
                return
        raise RuntimeError(f"{self.flavour} did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """Ends the process group; raises when the server logged a traceback in its life."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(GONE_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise
        log = self.log.read_text()
        assert not any(word in log for word in ("Traceback", "panicked")), f"{self.flavour} logged an error:\n{log}"


@contextlib.contextmanager
def running(
    flavours: list[str], logs: Path, environment: dict[str, str] | None = None, *, service: str | None = None
) -> Iterator[dict[str, Server]]:
    """The servers of these flavours, started side by side; with `service`, as one service on the same store."""
    with contextlib.ExitStack() as stop:
        servers = {}
        for flavour in flavours:
            name = service or f"{flavour} {logs}"
            servers[flavour] = Server(flavour, logs / f"{flavour}.log", name, environment or {})
            stop.callback(servers[flavour].stop)
        for server in servers.values():
            server.wait_until_ready()
        yield servers
