"""Honest requests, recorded and replayed at every tenth of a second until long after they are stale: none passes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic, time_ns

import redis.asyncio
from bittensor_auth import BittensorAuthError, Keypair, MemoryStore, Verifier
from bittensor_auth.redis import RedisStore
from support.callers import SECOND, Caller
from support.redis_server import RedisServer

REQUESTS = 1_000
STEP = SECOND // 10
MAX_AGE, ALLOWED_SKEW = 10, 2
STEPS = 2 * (MAX_AGE + ALLOWED_SKEW) * 10
START = 1_790_000_000 * SECOND


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def test_memory_refuses_every_replay_at_every_tenth_of_a_second(report: Callable[[str], None]) -> None:
    clock = Clock(START)
    receiver = Keypair.generate("sr25519").ss58_address
    verifier = Verifier(receiver, store=MemoryStore(nothing_accepted_before=True), clock=clock)
    callers = [Caller(receiver, clock=clock) for _ in range(10)]
    # Signed at every age that passes, from the latest to the earliest, both edges included.
    ages = [
        MAX_AGE * SECOND - number * (MAX_AGE + ALLOWED_SKEW) * SECOND // (REQUESTS - 1) for number in range(REQUESTS)
    ]
    recorded = [callers[number % 10].headers(body=b"%d" % number, at_ns=START - age) for number, age in enumerate(ages)]
    for number, headers in enumerate(recorded):
        verifier.verify(headers, method="POST", target="/score", body=b"%d" % number)

    codes: Counter[str] = Counter()
    for step in range(STEPS + 1):
        clock.now = START + step * STEP
        for number, headers in enumerate(recorded):
            try:
                verifier.verify(headers, method="POST", target="/score", body=b"%d" % number)
            except BittensorAuthError as refused:
                codes[refused.code] += 1
            else:
                codes["accepted"] += 1
    report(f"replayed under a set clock, memory: {REQUESTS} requests × {STEPS + 1} times, {dict(codes)}")
    assert set(codes) == {"replayed_request", "stale_request"}
    assert codes.total() == REQUESTS * (STEPS + 1)
    # Refused as replays for as long as they are fresh, and not a step less.
    fresh_steps = sum(1 + (MAX_AGE * SECOND - age) // STEP for age in ages)
    assert codes["replayed_request"] == fresh_steps


def test_a_clock_that_steps_back_revives_nothing() -> None:
    clock = Clock(START)
    receiver = Keypair.generate("sr25519").ss58_address
    verifier = Verifier(receiver, store=MemoryStore(nothing_accepted_before=True), clock=clock)
    caller = Caller(receiver, clock=clock)
    recorded = caller.headers()
    verifier.verify(recorded, method="POST", target="/score")

    def replay() -> str:
        try:
            verifier.verify(recorded, method="POST", target="/score")
        except BittensorAuthError as refused:
            return refused.code
        return "accepted"

    clock.now = START + 60 * SECOND
    verifier.verify(caller.headers(), method="POST", target="/score")  # drops what has ended by now
    for back in range(71):
        clock.now = START + (65 - back) * SECOND
        assert replay() in ("replayed_request", "stale_request")


def test_redis_refuses_every_replay_in_real_time(tmp_path: Path, report: Callable[[str], None]) -> None:
    """The clock of a Redis cannot be set, so these wait: around the end of the window and of the records."""
    with RedisServer(tmp_path / "redis") as server:
        codes = asyncio.run(_replay_in_real_time(server.url))
    report(f"replayed in real time, Redis: 50 requests from +9.5 s to +15 s, {dict(codes)}")
    assert set(codes) == {"replayed_request", "stale_request"}


async def _replay_in_real_time(url: str) -> Counter[str]:
    receiver = Keypair.generate("sr25519").ss58_address
    client = redis.asyncio.Redis.from_url(url)
    verifier = Verifier(receiver, store=RedisStore(client))
    caller = Caller(receiver)

    async def verify(headers: dict[str, str]) -> str:
        try:
            await verifier.verify_async(headers, method="POST", target="/score")
        except BittensorAuthError as refused:
            return refused.code
        return "accepted"

    deadline = monotonic() + 10
    while await verify(caller.headers()) != "accepted":
        assert monotonic() < deadline, "the store did not warm up"
        await asyncio.sleep(0.1)
    # Half of them by a clock that is ahead: they stay fresh longest, and their records with them.
    recorded = [caller.headers(ahead=1.9 * (number % 2)) for number in range(50)]
    accepted = time_ns()
    assert [await verify(headers) for headers in recorded] == ["accepted"] * 50

    codes: Counter[str] = Counter()
    for step in range(95, 151):
        await asyncio.sleep(max((accepted + step * STEP - time_ns()) / SECOND, 0))
        codes.update(await asyncio.gather(*(verify(headers) for headers in recorded)))
    await client.aclose()
    return codes
