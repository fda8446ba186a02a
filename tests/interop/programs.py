"""Clients that are programs of their own: Node, a browser, Rust. Orders and answers are lines of JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from keys import ALICE_SEEDS
from servers import RUST, SITE, Server

APPS = Path(__file__).parent / "apps"
PROGRAMS = {
    "node": [shutil.which("node") or "node", str(APPS / "js_client.mjs")],
    "browser": [shutil.which("node") or "node", str(APPS / "browser_client.mjs")],
    "rust": [str(RUST / "interop_client")],
}


class Program:
    """A running client with one key."""

    def __init__(self, name: str, scheme: str) -> None:
        self._process = subprocess.Popen(
            [*PROGRAMS[name], ALICE_SEEDS[scheme].hex(), scheme, SITE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "CHROMIUM": shutil.which("chromium") or "chromium"},
        )

    def send(
        self, server: Server, method: str, target: str, body: bytes | None = None, *, receiver: str | None = None
    ) -> dict[str, Any]:
        """A signed request: `status` and `json` of the answer, and what was on the wire."""
        return self.ask(
            {
                "do": "send",
                "origin": server.url,
                "receiver": receiver or server.receiver,
                "method": method,
                "target": target,
                "body": None if body is None else body.decode("latin-1"),
            }
        )

    def log_in(self, server: Server) -> dict[str, Any]:
        """A login, and the first request with the `token` that it gave."""
        return self.ask({"do": "login", "origin": server.url})

    def log_out(self, server: Server, token: str) -> dict[str, Any]:
        return self.ask({"do": "logout", "origin": server.url, "token": token})

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the client ended: {order}"
        return dict(json.loads(answer))

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        assert self._process.wait(20) == 0
        self._process.stdout.close()
