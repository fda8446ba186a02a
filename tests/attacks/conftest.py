"""The services that are attacked: ours in three languages on one Redis, and the naive one with each of its holes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# The servers of the fleet, which are started here too.
sys.path.append(str(Path(__file__).parents[1] / "fleet"))

import on_cookies
import on_keys
import on_requests
import on_resources
import on_sessions
import on_time
from attack import ATTACKS, SLOW_ATTACKS, Planted, SlowAttack, Target
from attacked import Ours, kinds
from bittensor_auth import Keypair
from members import Member
from naive_servers import NaiveTarget, serving
from support.processes import wait_until
from support.redis_server import RedisServer

__all__ = ["on_cookies", "on_keys", "on_requests", "on_resources", "on_sessions", "on_time"]

HOLES = ["", "T23", *sorted({one.hole for one in ATTACKS} | {one.hole for one in SLOW_ATTACKS})]


@pytest.fixture(scope="session")
def receiver() -> str:
    return Keypair.generate("sr25519").ss58_address


@pytest.fixture(scope="session")
def denied() -> Keypair:
    return Keypair.generate("sr25519")


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory, receiver: str, denied: Keypair) -> Iterator[dict[str, Ours]]:
    folder = tmp_path_factory.mktemp("attacked")
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(folder / "redis"))
        members = [
            stack.enter_context(
                Member(kind, folder / f"{kind.name}.log", receiver=receiver, redis_url=redis.url, store_timeout_ms=500)
            )
            for kind in kinds(denied)
        ]
        for member in members:
            member.wait_until_serving()
        # Axum denies nobody and lends the others its sessions.
        by_name = {member.kind.name: member for member in members}
        siblings = {**dict.fromkeys(by_name, by_name["axum"]), "axum": by_name["fastapi"]}
        targets = {name: Ours(member, siblings[name], receiver, denied, redis) for name, member in by_name.items()}
        for target in targets.values():
            wait_until(target.accepts, seconds=15, what="the store warms up")
        yield targets
        for member in members:
            log = member.process.log
            assert "Traceback" not in log and "panicked" not in log and "Unhandled" not in log, log


@pytest.fixture(scope="session")
def naive_ones(receiver: str, denied: Keypair) -> Iterator[dict[str, NaiveTarget]]:
    with serving(sorted(set(HOLES)), receiver, denied) as targets:
        yield targets


@pytest.fixture(scope="session")
def planted(ours: dict[str, Ours], naive_ones: dict[str, NaiveTarget]) -> dict[tuple[str, str], Planted]:
    """The slow attacks, begun together at every server."""

    def plant(slow: SlowAttack, target: Target) -> Planted:
        return Planted.waiting(slow.plant(target))

    begun = {}
    for slow in SLOW_ATTACKS:
        for name, target in ours.items():
            begun[slow.id, name] = plant(slow, target)
        begun[slow.id, "open"] = plant(slow, naive_ones[slow.hole])
        begun[slow.id, "closed"] = plant(slow, naive_ones[""])
    return begun
