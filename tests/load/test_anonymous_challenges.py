"""Asking for a challenge leaves nothing behind, however often anybody asks: not in the store, not in memory."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest
import redis.asyncio
from bittensor_auth import Keypair
from bittensor_auth.asgi import HotkeyAuth
from bittensor_auth.redis import RedisStore
from support.raw_http import Answer, Connection, json_request
from support.redis_server import RedisServer
from support.web_server import WebServer

IN_PROCESS = 1_000_000
OVER_HTTP = 5_000
LONGEST_GROWTH = 5 * 1024 * 1024
OURS = {"cmdstat_info", "cmdstat_dbsize", "cmdstat_client|setinfo", "cmdstat_hello", "cmdstat_ping"}
"""What the observer itself does."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


def traces(server: RedisServer) -> dict[str, object]:
    """How often each command ran, and how many keys there are."""
    ran = server.client.info("commandstats")
    calls = {name: stats["calls"] for name, stats in ran.items() if name not in OURS}
    return {**calls, "keys": server.client.dbsize()}


def resident_bytes(pid: int | str = "self") -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_a_million_challenges_write_nothing_and_keep_nothing(
    server: RedisServer, report: Callable[[str], None]
) -> None:
    async def ask() -> tuple[dict[str, object], dict[str, object], int, float]:
        client = redis.asyncio.Redis.from_url(server.url)
        receiver = Keypair.generate("sr25519").ss58_address
        auth = HotkeyAuth(receiver, store=RedisStore(client), origin="https://dash.example.org", secret=os.urandom(32))
        await auth.start()
        bodies = [json.dumps({"hotkey": Keypair.generate("sr25519").ss58_address}).encode() for _ in range(1_000)]
        for body in bodies:
            await auth.challenge((), body)
        before, resident, started = traces(server), resident_bytes(), perf_counter()
        for _ in range(IN_PROCESS // len(bodies)):
            for body in bodies:
                await auth.challenge((), body)
        seconds, growth, after = (perf_counter() - started, resident_bytes() - resident, traces(server))
        await client.aclose()
        return before, after, growth, seconds

    before, after, growth, seconds = asyncio.run(ask())
    report(
        f"{IN_PROCESS} challenges in process: {sum(before.values()) - sum(after.values())} store commands or keys, "  # type: ignore[arg-type]
        f"memory {growth / 1024:+.0f} KiB, {seconds:.1f} s, {seconds / IN_PROCESS * 1e6:.1f} µs each"
    )
    assert before == after
    assert before["cmdstat_evalsha"] == 2, "the service is connected to this Redis, or this shows nothing"
    assert growth < LONGEST_GROWTH


def test_challenges_over_http_write_nothing(server: RedisServer, tmp_path: Path, report: Callable[[str], None]) -> None:
    with WebServer(tmp_path / "web.log", redis_url=server.url) as web:
        web.wait_until_serving()
        asked = [json_request("POST", "/auth/challenge", {"hotkey": web.receiver})] * OVER_HTTP
        asyncio.run(send_all(web.port, asked[:500]))
        before, resident = traces(server), resident_bytes(web.process.pid)
        answers = asyncio.run(send_all(web.port, asked))
        growth, after = resident_bytes(web.process.pid) - resident, traces(server)
    report(f"{OVER_HTTP} challenges over HTTP: server's memory {growth / 1024:+.0f} KiB")
    assert [answer.status for answer in answers] == [200] * OVER_HTTP
    assert len({answer.json()["sealed"] for answer in answers}) == OVER_HTTP
    assert before == after
    assert growth < LONGEST_GROWTH


async def send_all(port: int, requests: list[bytes]) -> list[Answer]:
    """Sends requests over a few connections."""
    waiting = iter(requests)
    answers: list[Answer] = []

    async def lane() -> None:
        connection = await Connection.open(port)
        for request in waiting:
            answers.append(await asyncio.wait_for(connection.send(request), 10))
        connection.close()

    await asyncio.gather(*(lane() for _ in range(8)))
    return answers
