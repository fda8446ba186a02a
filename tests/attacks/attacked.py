"""Our servers, as they are attacked: in three languages, on one Redis."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bittensor_auth import Keypair
from members import KINDS, Kind, Member
from support.callers import Caller
from support.processes import wait_until
from support.raw_http import ask
from support.redis_server import RedisServer

HERE = Path(__file__).parent
SWITCHES = (
    "BITTENSOR_AUTH_DISABLED",
    "BITTENSOR_AUTH_SKIP",
    "DISABLE_AUTH",
    "SKIP_AUTH",
    "AUTH_DISABLED",
    "DEBUG_AUTH",
)
"""Variables that somebody might hope switch a check off (T67)."""


class Ours:
    """One of our servers under attack."""

    def __init__(self, member: Member, sibling: Member, receiver: str, denied: Keypair, redis: RedisServer) -> None:
        self.name = member.kind.name
        self.member, self.receiver, self.denied = member, receiver, denied
        self.port, self.sibling = member.port, sibling.port
        self._redis = redis

    def stored(self) -> list[str]:
        client = self._redis.client
        keys = list(client.scan_iter("*"))
        values = client.mget(keys) if keys else []
        return [text.decode() for text in (*keys, *values) if text is not None]

    def kept_for_ever(self) -> int:
        client = self._redis.client
        return sum(client.ttl(key) == -1 for key in client.scan_iter("*"))

    def lose_store(self) -> None:
        self._redis.client.flushall()

    @contextmanager
    def store_stopped(self) -> Iterator[None]:
        self._redis.freeze()
        try:
            yield
        finally:
            self._redis.thaw()
            wait_until(self.accepts, seconds=10, what="the store is found again")

    def accepts(self) -> bool:
        return ask(self.port, Caller(self.receiver).request())[0].status == 200


def kinds(denied: Keypair) -> list[Kind]:
    """The services of this folder, and the example where it has all that is attacked."""
    settings = ["env", f"DENIED={denied.ss58_address}", *(f"{name}=1" for name in SWITCHES)]
    axum = next(kind for kind in KINDS if kind.name == "rust")

    def uvicorn(port: int) -> list[str]:
        application = [sys.executable, "-m", "uvicorn", "fastapi_service:app", "--app-dir", str(HERE)]
        return [*settings, *application, "--port", str(port), "--log-level", "warning"]

    def node(framework: str) -> Kind:
        return Kind(framework, lambda _: [*settings, "node", str(HERE / "node_service.mjs"), framework])

    return [
        Kind("fastapi", uvicorn),
        *(node(framework) for framework in ("express", "fastify", "hono")),
        Kind("axum", lambda port: [*settings, *axum.command(port)]),
    ]
