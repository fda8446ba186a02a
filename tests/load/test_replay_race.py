"""Copies of one request that arrive at once, at several workers that share one Redis: one of them passes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from bittensor_auth import Keypair
from support.callers import Caller
from support.processes import wait_until
from support.raw_http import Connection, ask, request
from support.redis_server import RedisServer
from support.web_server import BARE, WebServer

REQUESTS = 1_000
COPIES = 50
WORKERS = 4


def test_of_fifty_copies_that_arrive_at_once_one_passes(tmp_path: Path, report: Callable[[str], None]) -> None:
    receiver = Keypair.generate("sr25519").ss58_address
    with (
        RedisServer(tmp_path / "redis") as redis,
        WebServer(
            tmp_path / "web.log",
            "--workers",
            str(WORKERS),
            receiver=receiver,
            redis_url=redis.url,
            application=BARE,
            more={"STORE_TIMEOUT": "2"},  # patient: this is about copies, not about time-outs
        ) as web,
    ):
        web.wait_until_serving()
        callers = [Caller(receiver) for _ in range(20)]
        wait_until(lambda: ask(web.port, callers[0].request())[0].status == 200, seconds=15, what="the store warms up")

        started = perf_counter()
        answers, most_accepted, spread = asyncio.run(_race(web, callers))
        seconds = perf_counter() - started

        total = REQUESTS * COPIES
        report(
            f"replay race: {total} requests ({REQUESTS} × {COPIES}, connections per worker {spread}), "
            f"{answers[200, '']} accepted, {answers[401, 'replayed_request']} refused as replays, "
            f"{seconds:.1f} s, {total / seconds:.0f} requests/s"
        )
        assert answers == {(200, ""): REQUESTS, (401, "replayed_request"): total - REQUESTS}
        assert most_accepted == 1
        assert len(spread) == WORKERS and min(spread) > 0, "every worker must take part"
        assert "Traceback" not in web.process.log


async def _race(web: WebServer, callers: list[Caller]) -> tuple[Counter[tuple[int, str]], int, list[int]]:
    """Every copy on a connection of its own. Returns the answers, how many copies of one request passed at most, and
    how the connections were spread over the workers."""
    connections = await _connect_to_every_worker(web)
    answers: Counter[tuple[int, str]] = Counter()
    most_accepted = 0
    for number in range(REQUESTS):
        copy = callers[number % len(callers)].request(body=b'{"n":%d}' % number)
        copies = await asyncio.wait_for(asyncio.gather(*(each.send(copy) for each in connections)), 10)
        accepted = sum(answer.status == 200 for answer in copies)
        most_accepted = max(most_accepted, accepted)
        answers.update((answer.status, answer.code) for answer in copies)
    spread = web.connections()
    for connection in connections:
        connection.close()
    return answers, most_accepted, spread


async def _connect_to_every_worker(web: WebServer) -> list[Connection]:
    """The kernel spreads connections as it likes; tried again until no worker is left out."""
    for _ in range(20):
        connections = [await Connection.open(web.port) for _ in range(COPIES)]
        await asyncio.gather(*(each.send(request("GET", "/", {})) for each in connections))
        if min(web.connections()) > 0:
            break
        for connection in connections:
            connection.close()
    return connections
