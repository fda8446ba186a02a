"""The Python registry against a node with faults: who is admitted, who is not, and what is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from bittensor_auth import RAO, BittensorAuthError, Caller, Hotkey, MemoryStore, Policy
from bittensor_auth.fastapi import HotkeyAuth
from bittensor_auth.registry import SubtensorRegistry
from bittensor_auth.testing import ALICE, BOB, CHARLIE, FakeClock, assert_rejected, sign_as

from . import Chain, Recording, ReplayNode, Subnet
from .recording import FOLDER

SERVICE = CHARLIE.ss58_address
ORIGIN = "http://testserver"


class Served:
    """A service with a registry, in process."""

    def __init__(self, node: ReplayNode, transport: str, **settings: Any) -> None:
        self.clock = FakeClock()
        url = node.url if transport == "http" else node.ws_url
        self.registry = SubtensorRegistry(url, netuid=7, network="local", clock=self.clock, **settings)
        validators = Policy.validator(1_000 * RAO).role("validator")
        self.auth = HotkeyAuth(
            SERVICE,
            store=MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True),
            policy=Policy.any_of(validators, Policy.registered().role("miner")),
            registry=self.registry,
            origin=ORIGIN,
            secret="s" * 32,
            clock=self.clock,
        )
        app = FastAPI()
        self.auth.install(app, ready="/ready")
        app.include_router(self.auth.router())

        anybody, validator = Depends(self.auth.caller), Depends(self.auth.require(validators))

        @app.get("/who")
        def who(me: Caller = anybody) -> list[str]:
            return list(me.roles)

        @app.get("/weights")
        def weights(me: Caller = validator) -> list[str]:
            return list(me.roles)

        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN)

    async def get(self, who: Any, path: str = "/who", token: str | None = None) -> httpx.Response:
        headers = (
            {"Authorization": f"Bearer {token}"}
            if token
            else sign_as(who, "GET", path, receiver=SERVICE, clock=self.clock)
        )
        return await self.client.get(path, headers=headers)

    async def log_in(self, who: Any) -> dict[str, Any]:
        challenge = (await self.client.post("/auth/challenge", json={"hotkey": who.ss58_address})).json()
        fields = {"sealed": challenge["sealed"], "signature": who.sign(challenge["challenge"].encode()).hex()}
        answer = await self.client.post("/auth/session", json={"hotkey": who.ss58_address, **fields})
        assert answer.status_code == 200, answer.text
        members: dict[str, Any] = answer.json()
        return members


@pytest.fixture
def node() -> Any:
    with ReplayNode(Chain(Subnet.invented(members=10, netuid=7))) as serving:
        serving.change(
            "register", hotkey=ALICE.ss58_address, coldkey=ALICE.ss58_address, permit=True, total=5_000 * RAO
        )
        yield serving


@pytest.fixture(params=["http", "ws"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def serving(node: ReplayNode, transport: str, **settings: Any) -> AsyncIterator[Served]:
    """A service whose registry reads when the test says so."""
    served = Served(node, transport, **settings)

    async def idle() -> None: ...

    served.registry.start = idle  # type: ignore[method-assign]
    async with served.client:
        yield served


def run(test: Callable[[], Any]) -> None:
    asyncio.run(test())


def test_until_the_first_snapshot_nobody_is_admitted(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        async with serving(node, transport) as served:
            for answer in (await served.get(ALICE), await served.client.get("/ready")):
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
                assert_rejected(answer, "registry_unavailable")
            await served.registry.refresh()
            assert (await served.get(ALICE)).json() == ["validator", "miner"]
            assert (await served.client.get("/ready")).json()["registry"] == "fresh"

    run(test)


def test_access_ends_with_the_registration(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        async with serving(node, transport) as served:
            await served.registry.refresh()
            session = await served.log_in(ALICE)
            assert session["role"] == "validator"
            token = session["session_token"]
            assert (await served.get(ALICE, token=token)).json() == ["validator", "miner"]
            node.change("deregister", hotkey=ALICE.ss58_address)
            await served.registry.refresh()
            assert_rejected(await served.get(ALICE), "hotkey_not_registered")
            answer = await served.get(ALICE, token=token)
            assert answer.status_code in (401, 403)
            node.change("register", hotkey=ALICE.ss58_address, coldkey=ALICE.ss58_address)
            await served.registry.refresh()
            await asyncio.sleep(0)
            answer = await served.get(ALICE, token=token)
            assert answer.status_code == 401, "a revoked session stays revoked"
            assert (await served.get(ALICE)).json() == ["miner"]

    run(test)


def test_a_lost_permit_is_403_with_the_reason(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        async with serving(node, transport) as served:
            await served.registry.refresh()
            assert (await served.get(ALICE, "/weights")).json() == ["validator"]
            node.change("set_permit", hotkey=ALICE.ss58_address, permit=False)
            await served.registry.refresh()
            answer = await served.get(ALICE, "/weights")
            assert answer.status_code == 403
            assert_rejected(answer, "permit_missing")
            assert answer.json()["detail"].startswith("permit missing: the last epoch was ")
            assert (await served.get(ALICE)).json() == ["miner"]

    run(test)


def test_a_swapped_hotkey_logs_in_itself(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        async with serving(node, transport) as served:
            await served.registry.refresh()
            token = (await served.log_in(ALICE))["session_token"]
            node.change("swap_hotkey", old=ALICE.ss58_address, new=BOB.ss58_address)
            await served.registry.refresh()
            assert (await served.get(ALICE, token=token)).status_code in (401, 403)
            assert_rejected(await served.get(ALICE), "hotkey_not_registered")
            assert (await served.get(BOB)).json() == ["validator", "miner"]

    run(test)


def test_a_node_that_is_down_is_outlived_until_the_maximum_age(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        async with serving(node, transport, max_age=600) as served:
            await served.registry.refresh()
            node.stop()
            with pytest.raises(BittensorAuthError, match="node"):
                await served.registry.refresh()
            served.clock.advance(595)
            assert (await served.get(ALICE)).status_code == 200
            served.clock.advance(10)
            answer = await served.get(ALICE)
            assert answer.status_code == 503
            assert_rejected(answer, "registry_unavailable")
            node.start()
            node.advance(time_ms=served.clock() // 1_000_000)
            await served.registry.refresh()
            assert (await served.get(ALICE)).status_code == 200

    run(test)


def test_the_lifespan_starts_and_ends_the_reading(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        url = node.url if transport == "http" else node.ws_url
        registry = SubtensorRegistry(url, netuid=7, network="local", interval=1)
        store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
        app = FastAPI()
        HotkeyAuth(SERVICE, store=store, policy=Policy.registered(), registry=registry).install(app)
        said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        served = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, said.get, heard.put))
        await said.put({"type": "lifespan.startup"})
        assert (await heard.get())["type"] == "lifespan.startup.complete"
        for _ in range(60):
            await asyncio.sleep(0.05)
            if sum(call.method == "chain_getFinalizedHead" for call in node.calls) >= 2:
                break
        assert sum(call.method == "chain_getFinalizedHead" for call in node.calls) >= 2, "again and again"
        assert registry.view.snapshot is not None
        assert registry.view.trouble is None
        await said.put({"type": "lifespan.shutdown"})
        assert (await heard.get())["type"] == "lifespan.shutdown.complete"
        await served
        node.forget_calls()
        await asyncio.sleep(1.3)
        assert node.calls == []

    run(test)


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("status", {"status": 429, "retry_after": 30}, "chain_rate_limited"),
    ("status", {"status": 403}, "chain_rate_limited"),
    ("status", {"status": 502}, "chain_unreachable"),
    ("error", {"code": -32004, "method": "state_call"}, "chain_rate_limited"),
    ("error", {"code": -32005, "method": "state_call"}, "chain_rate_limited"),
    ("genesis", {"hash": "0x" + "77" * 32}, "chain_mismatch"),
    ("behind", {"blocks": 1}, "chain_behind"),
    ("wrong_id", {}, "chain_unreachable"),
    ("truncated", {}, "chain_answer_invalid"),
    ("appended", {}, "chain_answer_invalid"),
    ("text", {}, "chain_answer_invalid"),
    ("half", {}, "chain_unreachable"),
    ("drop", {}, "chain_unreachable"),
    ("pruned", {}, "chain_unreachable"),
    ("wrong_block", {}, "chain_answer_invalid"),
]


@pytest.mark.parametrize(("kind", "options", "code"), FAULTS, ids=[f"{kind}-{code}" for kind, _, code in FAULTS])
def test_no_fault_admits_anybody(
    node: ReplayNode, transport: str, kind: str, options: dict[str, Any], code: str
) -> None:
    async def test() -> None:
        async with serving(node, transport) as served:
            await served.registry.refresh()
            node.advance()
            await served.registry.refresh()
            node.change("register", hotkey=BOB.ss58_address, coldkey=BOB.ss58_address, permit=True, total=9_000 * RAO)
            if kind == "behind":
                options["blocks"] = 2
            node.fail(kind, **options)
            with pytest.raises(BittensorAuthError, match=r".") as caught:
                await served.registry.refresh()
            found = caught.value.code
            if transport == "ws" and kind == "status" and options["status"] == 502:
                assert found in ("chain_unreachable", "chain_rate_limited")
            else:
                assert found == code
            trouble = served.registry.view.trouble
            assert trouble is not None
            assert trouble[0] == found
            assert_rejected(await served.get(BOB), "hotkey_not_registered")
            assert (await served.get(ALICE)).status_code == 200
            node.heal()
            await served.registry.refresh()
            assert (await served.get(BOB)).json() == ["validator", "miner"]

    run(test)


def test_an_unknown_layout_reads_nothing(node: ReplayNode) -> None:
    async def test() -> None:
        async with serving(node, "http") as served:
            await served.registry.refresh()
            node.upgrade(
                999, changed={"SubtensorModule.Uids": "[Identity,Blake2_128Concat] (u16,[u8;32]) -> u32 Optional"}
            )
            with pytest.raises(BittensorAuthError, match="Uids") as caught:
                await served.registry.refresh()
            assert caught.value.code == "chain_layout_unknown"
            served.clock.advance(1_201)
            assert_rejected(await served.get(ALICE), "registry_unavailable")

    run(test)


def test_a_hotkey_that_registered_a_moment_ago(node: ReplayNode, transport: str) -> None:
    async def test() -> None:
        async with serving(node, transport) as served:
            await served.registry.refresh()
            node.change("register", hotkey=BOB.ss58_address, coldkey=BOB.ss58_address)
            node.forget_calls()
            for _ in range(5):
                assert (await served.get(BOB)).json() == ["miner"]
            assert sum(call.method == "chain_getFinalizedHead" for call in node.calls) == 1, "asked once"
            node.forget_calls()
            people = [Hotkey.from_public_key(bytes([7, number]) * 16) for number in range(30)]
            await asyncio.gather(*(served.registry.facts_for(hotkey) for hotkey in people))
            reads = sum(call.method == "chain_getFinalizedHead" for call in node.calls)
            assert reads <= 5, "five in one second of the clock, over all hotkeys"

    run(test)


def test_a_refusal_is_a_pause(node: ReplayNode) -> None:
    async def test() -> None:
        registry = SubtensorRegistry(node.url, netuid=7, network="local", interval=1)
        node.fail("status", status=429, retry_after=2)
        await registry.start()
        await asyncio.sleep(1.2)
        assert len(node.calls) == 1, "left alone for as long as it says"
        node.heal()
        for _ in range(60):
            await asyncio.sleep(0.1)
            if registry.view.snapshot is not None:
                break
        assert registry.view.snapshot is not None
        await registry.stop()

    run(test)


def test_the_other_endpoint_is_asked(node: ReplayNode) -> None:
    async def test() -> None:
        registry = SubtensorRegistry(["http://127.0.0.1:9", node.ws_url], netuid=7, network="local")
        await registry.start()
        for _ in range(60):
            await asyncio.sleep(0.1)
            if registry.view.snapshot is not None:
                break
        assert registry.view.trouble is None
        await registry.stop()
        assert len(node.calls) <= 8, "the budget of one reading"

    run(test)


@pytest.mark.skipif(not FOLDER.exists(), reason="the recordings stand beside the repository")
def test_a_recorded_subnet(report: Callable[[str], None]) -> None:
    from bittensor_auth import _core

    async def test() -> None:
        with ReplayNode(Recording()) as node:
            registry = SubtensorRegistry(
                node.url, netuid=1, network="finney", clock=FakeClock(1_762_800_000_000_000_000)
            )
            await registry.refresh()
            snapshot = registry.view.snapshot
            assert snapshot is not None
            assert len(snapshot) == 1_024
            assert sum(neuron.permit for neuron in snapshot.neurons) == 12
            somebody, now = snapshot.neurons[0].hotkey, snapshot.fetched_at
            policy, facts = Policy.validator(1_000 * RAO), _core.Facts(registry.view)
            start = time.perf_counter()
            for _ in range(10_000):
                policy.decide(somebody, now, facts)
            report(f"policy over 1,024 members, from Python: {(time.perf_counter() - start) * 100:.2f} µs")

    run(test)
    blob = (FOLDER / "finney_spec343_block6852690_netuid1_get_selective_mechagraph_all74.hex").read_text().strip()
    answer = bytes.fromhex(blob.removeprefix("0x"))
    times = []
    for _ in range(20):
        start = time.perf_counter()
        found = _core.decode_answer("metagraph", answer)
        times.append(time.perf_counter() - start)
    assert len(found["members"]) == 1_024
    report(f"decode 1,024 members, from Python: {min(times) * 1_000:.2f} ms")
    assert min(times) <= 0.005
