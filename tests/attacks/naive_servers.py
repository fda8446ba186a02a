"""The naive service with each of its holes, in one uvicorn."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from bittensor_auth import Keypair
from naive import NaiveService
from naive_requests import AHEAD, SKEW, Memory


class NaiveTarget:
    """The naive service with one hole, seen from outside."""

    def __init__(self, hole: str, receiver: str, denied: Keypair, ports: tuple[int, int]) -> None:
        self.name = f"naive without {hole}" if hole else "naive"
        self.receiver, self.denied, self.hole = receiver, denied, hole
        self.port, self.sibling = ports
        self.memory = Memory()
        other = Memory() if hole == "T26" else self.memory
        self.services = {
            self.port: NaiveService(hole, receiver, denied.ss58_address, self.memory),
            self.sibling: NaiveService(hole, receiver, "", other),
        }

    def stored(self) -> list[str]:
        memory = self.memory
        return [
            str(key) for part in (memory.claims, memory.challenges, memory.sessions, memory.refreshes) for key in part
        ]

    def kept_for_ever(self) -> int:
        return len(self.memory.index)

    def lose_store(self) -> None:
        with self.memory.lock:
            self.memory.clear()
            if self.hole != "T23":
                self.memory.line = time.time_ns() + AHEAD + SKEW

    @contextmanager
    def store_stopped(self) -> Iterator[None]:
        self.memory.stopped = True
        try:
            yield
        finally:
            self.memory.stopped = False


@contextmanager
def serving(holes: list[str], receiver: str, denied: Keypair) -> Iterator[dict[str, NaiveTarget]]:
    """One target for each hole and one without any, all in one uvicorn."""
    sockets = [socket.socket() for _ in range(2 * len(holes))]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = iter(one.getsockname()[1] for one in sockets)
    targets = {hole: NaiveTarget(hole, receiver, denied, (next(ports), next(ports))) for hole in holes}
    services = {port: service for target in targets.values() for port, service in target.services.items()}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await services[scope["server"][1]](scope, receive, send)

    server = uvicorn.Server(
        uvicorn.Config(app, http="h11", log_config=None, access_log=False, ws="none", lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": sockets})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield targets
    finally:
        server.should_exit = True
        thread.join()
