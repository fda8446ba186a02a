"""The store over each kind of Redis client: an asynchronous one and one behind a thread fail and recover alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import redis
import redis.asyncio
from bittensor_auth import BittensorAuthError, Keypair, Verifier
from bittensor_auth.redis import RedisStore
from support.callers import Caller
from support.redis_server import RedisServer

TIMEOUT = 0.2
MARGIN = 0.05
BACK_WITHIN = 6.0


class Callers:
    """Some callers that call all the time; what they were answered, when, and after how long."""

    def __init__(self, verifier: Verifier, caller: Caller) -> None:
        self._verifier, self._caller = verifier, caller
        self.answers: list[tuple[float, str, float]] = []

    async def run(self, until: asyncio.Event) -> None:
        await asyncio.gather(*(self._call_again_and_again(until) for _ in range(8)))

    async def accepted_after(self, moment: float) -> None:
        """Returns a little after a claim was accepted; fails the test when none is for too long."""
        while not any(code == "ok" and at > moment for at, code, _ in self.answers[-50:]):
            assert perf_counter() - moment < 2 * BACK_WITHIN
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)

    async def _call_again_and_again(self, until: asyncio.Event) -> None:
        while not until.is_set():
            headers, started = self._caller.headers(), perf_counter()
            try:
                await self._verifier.verify_async(headers, method="POST", target="/score")
                code = "ok"
            except BittensorAuthError as refused:
                code = refused.code
            self.answers.append((perf_counter(), code, perf_counter() - started))
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["asynchronous", "threads"])
def test_a_frozen_and_a_killed_redis_cost_no_more_than_the_timeout(
    kind: str, tmp_path: Path, report: Callable[[str], None]
) -> None:
    with RedisServer(tmp_path / "redis") as server:
        client: Any = (redis.asyncio.Redis if kind == "asynchronous" else redis.Redis).from_url(server.url)
        thawed, restarted, answers = asyncio.run(_break_twice(server, client))
    failing = sorted(seconds for _, code, seconds in answers if code != "ok")
    p99 = failing[int(0.99 * (len(failing) - 1))]
    after_thaw = next(at for at, code, _ in answers if at > thawed and code == "ok") - thawed
    after_restart = next(at for at, code, _ in answers if at > restarted and code == "ok") - restarted
    report(
        f"{kind}: {len(answers)} claims, {len(failing)} × 503 in p99 {p99 * 1000:.0f} max {failing[-1] * 1000:.0f} ms, "
        f"back {after_thaw:.2f} s after a freeze and {after_restart:.2f} s after a restart"
    )
    assert {code for _, code, _ in answers} <= {"ok", "store_unavailable", "store_warming", "clock_disagreement"}
    assert p99 <= TIMEOUT + MARGIN
    assert after_thaw <= 1.0
    assert after_restart <= BACK_WITHIN


async def _break_twice(server: RedisServer, client: Any) -> tuple[float, float, list[tuple[float, str, float]]]:
    receiver = Keypair.generate("sr25519").ss58_address
    callers = Callers(Verifier(receiver, store=RedisStore(client, timeout=TIMEOUT)), Caller(receiver))
    stop = asyncio.Event()
    running = asyncio.create_task(callers.run(stop))
    await callers.accepted_after(perf_counter())
    server.freeze()
    await asyncio.sleep(2)
    server.thaw()
    thawed = perf_counter()
    await callers.accepted_after(thawed)
    server.kill()
    await asyncio.sleep(0.3)
    server.start()
    restarted = perf_counter()
    await callers.accepted_after(restarted)
    stop.set()
    await running
    if isinstance(client, redis.Redis):
        client.close()
    else:
        await client.aclose()
    return thawed, restarted, callers.answers
