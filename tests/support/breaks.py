"""The ways in which a test breaks a Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from time import perf_counter

from .redis_server import RedisServer

STILL_FRESH = 11.0
"""How long what was accepted before a loss has to be replayed after it: 10 s back, and what was signed ahead."""

Break = Callable[[RedisServer, ExitStack], Awaitable[float]]
"""Breaks the store and says when it was back; what it puts on the stack is undone after the scenario."""


async def killed(redis: RedisServer, after: ExitStack) -> float:
    redis.kill()
    await asyncio.sleep(1)
    redis.start()
    return perf_counter()


async def frozen(redis: RedisServer, after: ExitStack) -> float:
    redis.freeze()
    await asyncio.sleep(3)
    redis.thaw()
    return perf_counter()


async def restarted_empty(redis: RedisServer, after: ExitStack) -> float:
    redis.client.shutdown(nosave=True)
    redis.start()
    return perf_counter()


async def restarted_from_an_old_snapshot(redis: RedisServer, after: ExitStack) -> float:
    redis.client.save()
    await asyncio.sleep(1)
    redis.kill()
    redis.start()
    redis.snapshot.unlink()
    return perf_counter()


async def flushed(redis: RedisServer, after: ExitStack) -> float:
    redis.client.flushall()
    return perf_counter()


async def failed_over_to_a_lagging_replica(redis: RedisServer, after: ExitStack) -> float:
    """The replica stops following, the primary goes on for a second and dies, the replica takes its place."""
    after.callback(redis.start)
    replica = after.enter_context(RedisServer(redis.folder.parent / "replica"))
    replica.client.replicaof("127.0.0.1", redis.port)
    # The first replica of a primary begins a new epoch, so there is something to lose only after that.
    await asyncio.sleep(5)
    replica.client.replicaof("NO", "ONE")
    assert replica.client.keys("bta:*0}:e"), "the replica holds the epoch, or this shows nothing"
    held = set(replica.client.keys("bta:*:n:*"))
    await asyncio.sleep(1)
    assert len(set(redis.client.keys("bta:*:n:*")) - held) > 50, "claims are lost, or this shows nothing"
    redis.kill()
    replica.client.config_set("port", redis.port)
    return perf_counter()


async def evicting(redis: RedisServer, after: ExitStack) -> float:
    """The operator sets a limit and an eviction policy, and somebody adds so much that old claims have to go."""
    before = redis.info("evicted_keys")
    redis.client.config_set("maxmemory-policy", "allkeys-lru")
    redis.client.config_set("maxmemory", redis.info("used_memory"))
    for number in range(20):
        redis.client.set(f"filler:{number}", "x" * 500)
        await asyncio.sleep(0.05)
    assert redis.info("evicted_keys") > before + 20
    redis.client.config_set("maxmemory", 0)
    redis.client.config_set("maxmemory-policy", "noeviction")
    return perf_counter()


async def out_of_memory(redis: RedisServer, after: ExitStack) -> float:
    redis.client.config_set("maxmemory", 1)
    await asyncio.sleep(1)
    redis.client.config_set("maxmemory", 0)
    return perf_counter()
