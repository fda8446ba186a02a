"""What was recorded comes back as it was, and what is made from it agrees with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from . import FOLDER, Recording, ReplayNode
from .answers import FIELDS, selective_metagraph, storage
from .blocks import header_hash
from .conftest import Client
from .recording import METADATA, SNAPSHOT, metagraph_fields
from .storage_keys import account, blake2_128_concat, identity, storage_key, twox64_concat

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")

QUERY = [0, 4, 5, 6, 7, 8, 36, 52, 53, 56, 57, 59, 66, 67, 68, 69]
SESSIONS = sorted(
    path.name
    for path in (FOLDER.glob("*.json") if FOLDER.is_dir() else [])
    if "exchanges" in json.loads(path.read_text(encoding="utf-8"))
)


def test_there_are_recordings() -> None:
    assert SNAPSHOT in SESSIONS
    assert len(SESSIONS) >= 6


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("transport", ["http", "ws"])
def test_every_exchange_comes_back(session: str, transport: str) -> None:
    recording = Recording(session=session)
    with ReplayNode(recording) as node:
        client = Client(node, transport)
        assert recording.exchanges
        for method, params, result in recording.exchanges:
            assert client.ask(method, *params) == result
            if transport == "http":
                assert client.ask(method, *map(_other_hex, params)) == result


def _other_hex(param: Any) -> Any:
    if not isinstance(param, str) or "_" in param:
        return param
    return param[2:] if param.startswith("0x") else "0x" + param


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording()


def test_files_come_back_byte_for_byte(recording: Recording) -> None:
    blobs = {
        "NeuronInfoRuntimeApi_get_neurons_lite": "finney_spec343_block6852690_netuid1_get_neurons_lite.hex",
        "SubnetInfoRuntimeApi_get_subnet_state": "finney_spec343_block6852690_netuid1_get_subnet_state.hex",
    }
    with ReplayNode(recording) as node:
        for function, file in blobs.items():
            for transport in ("http", "ws"):
                recorded = (FOLDER / file).read_text(encoding="ascii").strip()
                argument = "0x0100"
                answer = Client(node, transport).ask("state_call", function, argument, recording.head.hash)
                assert answer == recorded
        metadata = Client(node, "http").ask("state_call", "Metadata_metadata_at_version", "0x0f000000")
    assert bytes.fromhex(metadata[2:]) == (FOLDER / METADATA).read_bytes()


def test_a_selection_is_cut_from_the_whole(recording: Recording) -> None:
    derived = FOLDER / "derived/finney_spec343_block6852690_netuid1_selective_subset16.hex"
    argument = b"\1\0\x40" + b"".join(map(identity, QUERY))
    selection = recording.head.call("SubnetInfoRuntimeApi_get_selective_metagraph", argument)
    assert selection == bytes.fromhex(derived.read_text(encoding="ascii").strip()[2:])


def test_our_encoder_writes_what_was_recorded(recording: Recording) -> None:
    head = recording.head
    assert head.subnet
    assert len(head.subnet.rows) == 1_024
    assert sum(row.permit for row in head.subnet.rows) == 12
    argument = b"\1\0\x44" + b"".join(map(identity, [*QUERY, 9]))
    recorded = head.call("SubnetInfoRuntimeApi_get_selective_metagraph", argument)
    assert recorded
    assert len(metagraph_fields(recorded)) == 74
    newer_fields = bytes(FIELDS - 74)
    assert selective_metagraph(head.subnet, head.number, [*QUERY, 9]) == recorded + newer_fields


def test_the_block_is_the_recorded_one(recording: Recording) -> None:
    with ReplayNode(recording) as node:
        client = Client(node, "http")
        head = client.ask("chain_getFinalizedHead")
        assert head == "0xdb13c066e2c63969f140164fb3bfe7a0aaa7b71407fc0fe525d68e57329ef9d0"
        assert header_hash(client.ask("chain_getHeader", head)) == head
        assert client.ask("chain_getBlockHash", 6_852_690) == head
        assert client.ask("state_getRuntimeVersion", head)["specVersion"] == 343
        now = client.ask("state_getStorage", "0x" + storage_key("Timestamp", "Now").hex(), head)
        assert int.from_bytes(bytes.fromhex(now[2:]), "little") == 146_898_962 * 12_000


def test_rows_are_made_from_the_same_metagraph(recording: Recording) -> None:
    assert recording.head.subnet
    rows = storage(recording.head.subnet)
    hotkey = account("5HbScNssaEfioJHXjcXdpyqo1AKnYjymidGF8opcF9rTFZdT")
    coldkey = account("5F4XcaiEBkE3ARx2kG29KJ8e94nFfUZQYC4c7zfticastxiD")
    uid = storage_key("SubtensorModule", "Uids", identity(1), blake2_128_concat(hotkey))
    owner = storage_key("SubtensorModule", "Owner", blake2_128_concat(hotkey))
    assert rows[uid] == identity(24)
    assert rows[owner] == coldkey


def test_keys_are_those_of_a_real_client() -> None:
    golden = json.loads((FOLDER / "localnet_spec461_golden_extract.json").read_text(encoding="utf-8"))
    entries = golden["storage_keys"]
    assert len(entries) == 10
    for entry in entries:
        item, params = entry["storage_function"], entry["params"]
        hashed = [identity(param) if isinstance(param, int) else blake2_128_concat(account(param)) for param in params]
        if item == "Multisigs":
            hashed[0] = twox64_concat(account(params[0]))
        assert storage_key(entry["pallet"], item, *hashed).hex() == entry["key_hex"][2:], item


def test_a_recording_takes_another_runtime_but_no_other_block() -> None:
    recording = Recording()
    with ReplayNode(recording) as node:
        client = Client(node, "http")
        node.upgrade(999)
        head = client.ask("chain_getFinalizedHead")
        assert client.ask("state_getRuntimeVersion", head)["specVersion"] == 999
        metadata = client.ask("state_call", "Metadata_metadata_at_version", "0x0f000000", head)
        assert bytes.fromhex(metadata[2:]) != (FOLDER / METADATA).read_bytes()
        with pytest.raises(ValueError, match="a recording"):
            node.advance()
        with pytest.raises(ValueError, match="a recording"):
            node.change("run_epoch")
