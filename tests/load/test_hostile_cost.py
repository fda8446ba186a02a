"""Anything that an unknown caller can send in 64 KiB is refused for less than a millisecond of CPU."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from statistics import median
from time import process_time_ns
from typing import Any

from bittensor_auth import Keypair, MemoryStore
from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware
from support.asgi_call import call, call_scope, scope_of
from support.callers import Caller
from support.hostile import Hostile, requests
from support.problems import check_refusal

ROUNDS = 41
LIMIT_NS = 1_000_000


async def application(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("a hostile request reached the application")


def test_every_hostile_request_is_refused_for_less_than_a_millisecond(report: Callable[[str], None]) -> None:
    receiver = Keypair.generate("sr25519").ss58_address
    auth = HotkeyAuth(receiver, store=MemoryStore(nothing_accepted_before=True), origin="https://dash.example.org")
    app = HotkeyAuthMiddleware(application, auth=auth)
    caller = Caller(receiver)

    async def measure() -> list[tuple[float, Hostile]]:
        await auth.start()
        costs = []
        for hostile in requests(caller):
            answer = await call(app, hostile.method, hostile.target, hostile.headers, *hostile.pieces)
            code = check_refusal(answer.status, answer.headers, answer.body)
            assert code not in ("stale_request", "replayed_request"), hostile.name
            costs.append((await cost_of(app, hostile), hostile))
        return costs

    gc.collect()
    gc.disable()
    try:
        costs = sorted(asyncio.run(measure()), key=lambda each: each[0], reverse=True)
    finally:
        gc.enable()
    worst = ", ".join(f"{hostile.name} {cost / 1000:.0f} µs" for cost, hostile in costs[:4])
    half = costs[len(costs) // 2][0] / 1000
    report(f"{len(costs)} hostile requests, median of {ROUNDS}: half below {half:.0f} µs, worst: {worst}")
    assert [(hostile.name, cost) for cost, hostile in costs if cost >= LIMIT_NS] == []


async def cost_of(app: HotkeyAuthMiddleware, hostile: Hostile) -> float:
    """Nanoseconds of CPU of this process for one request."""
    samples = []
    for _ in range(ROUNDS):
        scope = scope_of(hostile.method, hostile.target, hostile.headers)  # the server's share, not ours
        started = process_time_ns()
        await call_scope(app, scope, *hostile.pieces)
        samples.append(process_time_ns() - started)
    return median(samples)
