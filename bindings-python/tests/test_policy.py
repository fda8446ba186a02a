"""Policies in the adapters, over registries that need no node."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from bittensor_auth import (
    RAO,
    BittensorAuthError,
    ConfigurationError,
    Hotkey,
    Keypair,
    MemoryStore,
    Policy,
    Verifier,
)
from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware, caller_of
from bittensor_auth.registry import StaticRegistry, SubtensorRegistry
from bittensor_auth.testing import ALICE, BOB, CHARLIE, DAVE, FakeClock, FakeRegistry, assert_rejected, sign_as

SERVICE = Keypair.from_seed(bytes([1]) * 32, "sr25519").ss58_address


def store() -> MemoryStore:
    return MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)


async def roles(scope: Any, receive: Any, send: Any) -> None:
    """An application that says who called."""
    body = json.dumps(caller_of(scope).roles).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


def get(auth: HotkeyAuth, who: Keypair, clock: FakeClock, receiver: str = SERVICE) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=HotkeyAuthMiddleware(roles, auth))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.get("/", headers=sign_as(who, "GET", "/", receiver=receiver, clock=clock))

    return asyncio.run(run())


def test_the_four_people(registry: FakeRegistry, clock: FakeClock) -> None:
    validator = Policy.validator(1_000 * RAO).role("validator")
    auth = HotkeyAuth(SERVICE, store=store(), policy=validator, registry=registry, clock=clock)
    assert get(auth, ALICE, clock).json() == ["validator"]
    assert_rejected(get(auth, BOB, clock), "permit_missing")
    assert_rejected(get(auth, CHARLIE, clock), "permit_missing")
    assert_rejected(get(auth, DAVE, clock), "hotkey_not_registered")


def test_their_addresses_are_the_known_ones() -> None:
    assert [person.ss58_address for person in (ALICE, BOB, CHARLIE, DAVE)] == [
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
        "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
        "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y",
        "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy",
    ]


def test_a_registry_that_stalls_ends_access(registry: FakeRegistry, clock: FakeClock) -> None:
    auth = HotkeyAuth(SERVICE, store=store(), policy=Policy.registered(), registry=registry, clock=clock)
    registry.stall()
    registry.deregister(BOB)
    clock.advance(1_199)
    assert get(auth, BOB, clock).status_code == 200
    clock.advance(2)
    answer = get(auth, BOB, clock)
    assert answer.headers["retry-after"]
    assert_rejected(answer, "registry_unavailable")
    registry.resume()
    assert_rejected(get(auth, BOB, clock), "hotkey_not_registered")
    assert get(auth, ALICE, clock).status_code == 200


def test_a_swap_ends_the_old_hotkey(registry: FakeRegistry, clock: FakeClock) -> None:
    auth = HotkeyAuth(SERVICE, store=store(), policy=Policy.registered(), registry=registry, clock=clock)
    registry.swap(BOB, DAVE)
    assert_rejected(get(auth, BOB, clock), "hotkey_not_registered")
    assert get(auth, DAVE, clock).status_code == 200


@pytest.mark.parametrize(
    "build",
    [
        lambda: HotkeyAuth(SERVICE, store=store(), policy=Policy.registered()),
        lambda: HotkeyAuth(SERVICE, store=store(), policy=Policy.linked(), registry=FakeRegistry()),
        lambda: Verifier(SERVICE, store=store(), policy=Policy.registered()),
        lambda: Policy.validator(-1),
        lambda: Policy.validator(1.5),  # type: ignore[arg-type]
        lambda: Policy.stake(1, "weight"),  # type: ignore[arg-type]
        lambda: Policy.any_of(),
        lambda: Policy.registered().role("Two Words"),
        lambda: SubtensorRegistry("ftp://node", netuid=1),
        lambda: SubtensorRegistry("ws://node.example.org", netuid=1),
        lambda: SubtensorRegistry("https://key@node.example.org", netuid=1),
        lambda: SubtensorRegistry([], netuid=1),
        lambda: SubtensorRegistry(netuid=1, network="moon"),
        lambda: SubtensorRegistry(netuid=1, genesis="12"),
        lambda: SubtensorRegistry(netuid=1, interval=0),
        lambda: SubtensorRegistry(netuid=1, max_age=1),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_built(build: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected") as caught:
        build()
    assert "example" not in str(caught.value)


def test_members_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "members.json"
    path.write_text(json.dumps({ALICE.ss58_address: {"permit": True, "total": 5 * RAO}, BOB.ss58_address: {}}))

    async def run() -> None:
        registry = StaticRegistry(path, netuid=3, owner=BOB.ss58_address)
        await registry.refresh()
        facts, now = await registry.facts_for(Hotkey(ALICE.ss58_address)), registry.view.snapshot
        assert now is not None
        at = now.fetched_at
        assert Policy.validator(5 * RAO).decide(ALICE.ss58_address, at, facts).verdict == "allow"
        assert Policy.validator(5 * RAO + 1).decide(ALICE.ss58_address, at, facts).code == "stake_too_low"
        assert Policy.subnet_owner().decide(BOB.ss58_address, at, facts).verdict == "allow"
        assert Policy.registered().decide(DAVE.ss58_address, at, facts).code == "hotkey_not_registered"
        for broken in ("{", "[]", '{"5": {}}', json.dumps({ALICE.ss58_address: 1})):
            path.write_text(broken)
            with pytest.raises(BittensorAuthError, match="expected") as caught:
                await registry.refresh()
            assert caught.value.code == "snapshot_invalid"
            assert registry.view.lookup(ALICE.ss58_address, at).answer == "registered"

    asyncio.run(run())


GUIDE = Path(__file__).parents[2] / "docs/guide/policy.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


async def readiness(app: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://testserver") as client:
        return await client.get("/ready")


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_what_the_guide_shows_runs(block: str) -> None:
    names: dict[str, Any] = {}
    exec(block, names)
    if "app" in names:
        assert_rejected(asyncio.run(readiness(names["app"])), "registry_unavailable")
    if "policy" in names:
        facts, now = asyncio.run(FakeRegistry().facts_for(Hotkey(ALICE.ss58_address))), time.time_ns()
        decided = [names["policy"].decide(who.ss58_address, now, facts) for who in (ALICE, BOB, CHARLIE, DAVE)]
        assert [(one.verdict, one.roles) for one in decided] == [
            ("allow", ("validator",)),
            ("allow", ("friend",)),
            ("deny", ()),
            ("deny", ()),
        ]
    if "headers" in names:
        assert_rejected(get(names["auth"], ALICE, names["clock"], names["receiver"]), "registry_unavailable")


def test_the_guide_has_examples() -> None:
    assert len(BLOCKS) == 4
