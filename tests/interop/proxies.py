"""Reverse proxies as child processes, with the very configurations that `docs/guide/proxies.md` shows."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "proxies.md"
READY_WITHIN = 10
AROUND_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  large_client_header_buffers 4 16k;
  {configuration}
}}
"""


def configuration(name: str) -> str:
    """The block of the guide that stands below `<!-- test: NAME -->`."""
    found = re.search(rf"<!-- test: {re.escape(name)} -->\n```\w+\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert found, f"{GUIDE.name}: no configuration named {name}"
    return found[1]


class Proxy:
    """A running proxy in front of one service: a port for HTTP/1.1 and one for HTTP/2 without TLS."""

    def __init__(self, name: str, service_port: int, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.name = name
        self.http1_port, self.http2_port = free_ports(2)
        text = configuration(name).replace("127.0.0.1:8000", f"127.0.0.1:{service_port}")
        if name.startswith("nginx"):
            text, changed = re.subn(
                r"listen 8080;",
                f"listen 127.0.0.1:{self.http1_port}; listen 127.0.0.1:{self.http2_port} http2;",
                text,
            )
            text = AROUND_NGINX.format(folder=folder, configuration=text)
            command = ["nginx", "-p", str(folder), "-e", str(folder / "nginx.log"), "-c"]
        else:
            text, changed = re.subn(
                r"bind :8080",
                f"bind 127.0.0.1:{self.http1_port}\n  bind 127.0.0.1:{self.http2_port} proto h2",
                text,
            )
            command = ["haproxy", "-db", "-f"]
        assert changed == 1, f"{name}: expected one line that says where to listen"
        file = folder / "configuration"
        file.write_text(text)
        self._log = folder / "output.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, str(file)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Returns when both ports accept connections."""
        deadline = time.monotonic() + READY_WITHIN
        for port in (self.http1_port, self.http2_port):
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.name} did not start:\n{self._log.read_text()}")
                time.sleep(0.05)

    def stop(self) -> None:
        """Ends the process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def in_front_of(service_port: int, names: list[str], folder: Path) -> Iterator[dict[str, Proxy]]:
    """These proxies before one service, by name."""
    with contextlib.ExitStack() as stop:
        proxies = {}
        for name in names:
            proxies[name] = Proxy(name, service_port, folder / name)
            stop.callback(proxies[name].stop)
        for proxy in proxies.values():
            proxy.wait_until_ready()
        yield proxies


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as close:
        sockets = [close.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
