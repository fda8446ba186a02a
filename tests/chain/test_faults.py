"""Each fault does what it says, and nothing once it is healed."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from . import ReplayNode
from .blocks import header_hash
from .conftest import Client, Cut
from .faults import ANSWER, TRANSPORT
from .storage_keys import identity, subtensor_key

HEAD = "chain_getFinalizedHead"
TEMPO = "0x" + subtensor_key("Tempo", identity(7)).hex()
STATE = "SubnetInfoRuntimeApi_get_subnet_state"


@pytest.fixture(autouse=True)
def healed(node: ReplayNode, client: Client) -> Any:
    """After every test the node answers again when it is healed: nothing needs a restart."""
    head = client.ask(HEAD)
    yield
    node.heal()
    assert client.ask("chain_getBlockHash", 1_000) == head
    assert client.ask("state_getStorage", TEMPO) == "0x6300"


def test_drop(node: ReplayNode, client: Client) -> None:
    node.fail("drop", method=HEAD)
    with pytest.raises(Cut):
        client.ask(HEAD)
    assert client.ask("system_chain") == "Bittensor"


def test_drop_of_everything_meets_the_handshake(node: ReplayNode, client: Client) -> None:
    node.fail("drop")
    with pytest.raises(Cut):
        client.ask("system_chain")
    assert len(node.calls) == (2 if client.transport == "http" else 1)


def test_half(node: ReplayNode, client: Client) -> None:
    node.fail("half")
    for method, params in ((HEAD, []), ("state_call", [STATE, "0x0700"])):
        with pytest.raises(Cut):
            client.ask(method, *params)


def test_delay(node: ReplayNode, client: Client) -> None:
    node.fail("delay", seconds=0.3, method=HEAD)
    start = time.monotonic()
    client.ask(HEAD)
    assert time.monotonic() - start >= 0.3
    node.heal()
    node.fail("delay", seconds=60)
    with pytest.raises(asyncio.TimeoutError):
        client.response(HEAD, seconds=0.3)


def test_a_slow_answer_holds_up_no_other(node: ReplayNode) -> None:
    node.fail("delay", seconds=0.3, method=HEAD)

    async def ask() -> list[int]:
        async with aiohttp.ClientSession() as session, session.ws_connect(node.ws_url) as socket:
            for number, method in enumerate((HEAD, "system_chain")):
                await socket.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": []})
            return [(await socket.receive_json())["id"] for _ in range(2)]

    assert asyncio.run(ask()) == [1, 0]


@pytest.mark.parametrize("status", [429, 403, 502])
def test_status(node: ReplayNode, client: Client, status: int) -> None:
    node.fail("status", status=status, retry_after=17, headers={"X-RateLimit-Policy": "test"}, body="no")
    error: type[aiohttp.ClientResponseError] = aiohttp.ClientResponseError
    with pytest.raises(error) as refused:
        client.ask(HEAD)
    assert refused.value.status == status
    assert refused.value.headers
    assert (refused.value.headers["Retry-After"], refused.value.headers["X-RateLimit-Policy"]) == ("17", "test")


def test_status_for_one_method(node: ReplayNode, client: Client) -> None:
    node.fail("status", method=HEAD)
    if client.transport == "http":
        answer = httpx.post(node.url, json={"jsonrpc": "2.0", "id": 1, "method": HEAD, "params": []})
        assert (answer.status_code, "retry-after" in answer.headers) == (429, False)
    else:
        with pytest.raises(Cut) as cut:
            client.ask(HEAD)
        assert cut.value.code == 1008
    assert client.ask("system_chain")


def test_close(node: ReplayNode, client: Client) -> None:
    node.fail("close", method=HEAD, code=1013)
    with pytest.raises(Cut) as cut:
        client.ask(HEAD)
    assert cut.value.code == (1013 if client.transport == "ws" else None)


def test_errors(node: ReplayNode, client: Client) -> None:
    for code, data in ((-32_004, None), (-32_005, {"policy": "x", "retry_after": 5}), (-32_601, None), (7, None)):
        number = node.fail("error", code=code, data=data, method=HEAD)
        error = client.error(HEAD)
        assert (error["code"], error.get("data")) == (code, data)
        assert error["message"]
        node.heal(number)
    node.fail("error", code=1, message="as told")
    assert client.error(HEAD) == {"code": 1, "message": "as told"}


def test_pruned(node: ReplayNode, client: Client) -> None:
    node.fail("pruned")
    head = client.ask(HEAD)
    assert head in client.error("state_getRuntimeVersion", head)["message"]
    assert "State already discarded" in client.error("state_call", STATE, "0x0700", head)["message"]


def test_genesis(node: ReplayNode, client: Client) -> None:
    node.fail("genesis", hash="0x" + "77" * 32)
    assert client.ask("chain_getBlockHash", 0) == "0x" + "77" * 32
    assert client.ask("chain_getBlockHash", 1_000) == client.ask(HEAD)


def test_lagging_stuck_and_backward_heads(node: ReplayNode, client: Client) -> None:
    def number() -> int:
        head = client.ask(HEAD)
        header = client.ask("chain_getHeader", head)
        assert header_hash(header) == head
        return int(header["number"], 16)

    node.advance()
    node.advance(10)
    assert number() == 1_011
    stuck = node.fail("stuck")
    node.advance()
    assert number() == 1_011
    assert client.ask("chain_getHead") == node.chain.head.hash
    node.heal(stuck)
    assert number() == 1_012
    behind = node.fail("behind", blocks=2)
    assert number() == 1_001
    node.advance()
    assert number() == 1_011
    node.heal(behind)
    node.fail("behind", blocks=100)
    assert number() == 1_000


def test_truncated_and_appended(node: ReplayNode, client: Client) -> None:
    whole = client.ask("state_call", STATE, "0x0700")
    head = client.ask(HEAD)
    number = node.fail("truncated", bytes=3)
    assert client.ask("state_call", STATE, "0x0700") == whole[:-6]
    assert client.ask("state_queryStorageAt", [TEMPO, "0x00"])[0]["changes"] == [[TEMPO, "0x"], ["0x00", None]]
    assert client.ask(HEAD) == head, "no SCALE in it"
    node.heal(number)
    node.fail("appended", hex="0000", method=STATE)
    assert client.ask("state_call", STATE, "0x0700") == whole + "0000"
    assert client.ask("state_getStorage", TEMPO) == "0x6300"


def test_wrong_block(node: ReplayNode, client: Client) -> None:
    node.fail("wrong_block")
    head = client.ask(HEAD)
    assert header_hash(client.ask("chain_getHeader", head)) != head
    assert client.ask("state_queryStorageAt", [TEMPO], head)[0]["block"] != head


def test_wrong_id(node: ReplayNode, client: Client) -> None:
    assert client.response(HEAD)["id"] == 5
    node.fail("wrong_id")
    assert client.response(HEAD)["id"] == 1_000_005
    text = {"jsonrpc": "2.0", "id": "a", "method": HEAD, "params": []}
    assert json.loads(client.send(json.dumps(text)))["id"] == "another"


def test_oversized(node: ReplayNode, client: Client) -> None:
    node.fail("oversized")
    request = json.dumps({"jsonrpc": "2.0", "id": 5, "method": HEAD, "params": []})
    answer = client.send(request)
    assert len(answer) == (8 << 20) + 1
    assert json.loads(answer)["result"] == node.chain.head.hash


def test_result_and_text(node: ReplayNode, client: Client) -> None:
    number = node.fail("result", value={"specVersion": 1}, method="state_getRuntimeVersion")
    assert client.ask("state_getRuntimeVersion") == {"specVersion": 1}
    node.heal(number)
    node.fail("text", body="<html>")
    assert client.send(json.dumps({"jsonrpc": "2.0", "id": 5, "method": HEAD, "params": []})) == "<html>"


def test_batches_are_served_unless_refused(node: ReplayNode, client: Client) -> None:
    requests = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": []}
        for number, method in enumerate((HEAD, "system_chain"))
    ]
    answers = json.loads(client.send(json.dumps(requests)))
    assert [answer["id"] for answer in answers] == [0, 1]
    assert answers[1]["result"] == "Bittensor"
    node.fail("no_batch")
    assert json.loads(client.send(json.dumps(requests)))["error"]["code"] == -32_005
    assert client.ask("system_chain")


def test_faults_end_after_their_times_and_keep_to_their_transport(node: ReplayNode, client: Client) -> None:
    number = node.fail("error", times=2, method=HEAD)
    assert [("error" in client.response(HEAD)) for _ in range(4)] == [True, True, False, False]
    assert node.faults[number].met == 2
    node.fail("error", method=HEAD, transport=client.transport)
    assert "error" in client.response(HEAD)
    node.heal()
    node.fail("error", method=HEAD, transport="ws" if client.transport == "http" else "http")
    assert "error" not in client.response(HEAD)


def test_faults_of_one_runtime_function(node: ReplayNode, client: Client) -> None:
    node.fail("error", method=STATE)
    assert client.error("state_call", STATE, "0x0700")
    assert client.ask("state_call", "NeuronInfoRuntimeApi_get_neurons_lite", "0x0700")


def test_unknown_faults_are_refused(node: ReplayNode) -> None:
    for kind, options in (("unheard", {}), ("drop", {"seconds": 1}), ("drop", {"transport": "tcp"})):
        with pytest.raises(ValueError, match="expected"):
            node.fail(kind, **options)
    with pytest.raises(ValueError, match="expected"):
        node.heal(77)
    assert node.faults == {}


def test_every_fault_has_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for kind in (*TRANSPORT, *ANSWER):
        assert f'fail("{kind}"' in source, kind


def test_calls_are_counted(node: ReplayNode, client: Client) -> None:
    node.forget_calls()
    handshakes = node.handshakes
    node.fail("error", method=HEAD)
    client.response(HEAD)
    client.ask("state_call", STATE, "0x0700")
    assert node.counts == {HEAD: 1, "state_call": 1, STATE: 1}
    assert [call.transport for call in node.calls] == [client.transport] * 2
    assert node.handshakes - handshakes == (2 if client.transport == "ws" else 0)
    node.forget_calls()
    assert node.counts == {}


def test_a_node_that_went_away_comes_back(node: ReplayNode, client: Client) -> None:
    port, head = node.port, client.ask(HEAD)
    node.stop()
    with pytest.raises(Cut):
        client.ask(HEAD)
    node.stop()
    node.start()
    assert (node.port, client.ask(HEAD)) == (port, head)
    with pytest.raises(RuntimeError, match="does not serve"):
        node.start()


def test_open_connections_end(node: ReplayNode) -> None:
    async def ask() -> aiohttp.WSMsgType:
        async with aiohttp.ClientSession() as session, session.ws_connect(node.ws_url) as socket:
            await asyncio.to_thread(node.close_connections)
            return (await socket.receive()).type

    assert asyncio.run(ask()) in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


def test_only_posts_are_calls(node: ReplayNode) -> None:
    assert httpx.get(node.url).status_code == 405
