"""What an invented subnet says of itself, before and after everything that can happen to it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from . import GENESIS, ZERO_ACCOUNT, Chain, ReplayNode, Subnet, account, invented_key
from .blocks import header_hash
from .conftest import Client
from .recording import metagraph_fields
from .scale import compact, read_compact, uint
from .storage_keys import blake2_128_concat, identity, storage_key, subtensor_key, twox64_concat

ALICE = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
ALICE_SS58 = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
BOB = "0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48"
QUERY = [0, 4, 5, 6, 7, 8, 9, 52, 53, 56, 57, 59, 66, 67, 68, 69]


class View:
    """What a reader sees at one block."""

    def __init__(self, client: Client, block: str | None = None) -> None:
        self.client = client
        self.block = block or client.ask("chain_getFinalizedHead")

    def row(self, item: str, *hashed: bytes) -> bytes | None:
        value = self.client.ask("state_getStorage", "0x" + subtensor_key(item, *hashed).hex(), self.block)
        return None if value is None else bytes.fromhex(value[2:])

    def uid(self, hotkey: str | bytes) -> int | None:
        value = self.row("Uids", identity(7), blake2_128_concat(account(hotkey)))
        return None if value is None else int.from_bytes(value, "little")

    def owner(self, hotkey: str | bytes) -> bytes | None:
        return self.row("Owner", blake2_128_concat(account(hotkey)))

    def fields(self) -> list[bytes]:
        argument = "0x0700" + compact(len(QUERY)).hex() + b"".join(map(identity, QUERY)).hex()
        function = "SubnetInfoRuntimeApi_get_selective_metagraph"
        answer = self.client.ask("state_call", function, argument, self.block)
        return metagraph_fields(bytes.fromhex(answer[2:]))

    def keys(self, field: int = 52) -> list[bytes]:
        count, at = read_compact(self.fields()[field], 1)
        data = self.fields()[field][at:]
        assert len(data) == 32 * count
        return [data[index * 32 : index * 32 + 32] for index in range(count)]

    def number(self, field: int) -> int:
        return read_compact(self.fields()[field], 1)[0]


def hotkeys(node: ReplayNode) -> list[bytes]:
    assert node.chain.head.subnet
    return [row.hotkey for row in node.chain.head.subnet.rows]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            subtensor_key("Uids", identity(1), blake2_128_concat(account(ALICE))),
            "658faa385070e074c85bf6b568cf0555aab1b4e78e1ea8305462ee53b3686dc80100de1e86a9a8c739864cf3cc5ec2bea59f"
            + ALICE[2:],
        ),
        (
            subtensor_key("Keys", identity(1), identity(1023)),
            "658faa385070e074c85bf6b568cf05559f99a2ce711f3a31b2fc05604c93f1790100ff03",
        ),
        (
            subtensor_key("ColdkeySwapAnnouncements", twox64_concat(account(ALICE))),
            "658faa385070e074c85bf6b568cf055522728d437b9d3b8c63d994de955b15af518366b5b1bc7c99" + ALICE[2:],
        ),
        (
            subtensor_key("MechanismCountCurrent", twox64_concat(identity(1))),
            "658faa385070e074c85bf6b568cf0555604fb97037feb8522bf37d42d54fa6e9f1577fbf1d628fdd0100",
        ),
        (storage_key("Timestamp", "Now"), "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"),
    ],
)
def test_storage_keys(key: bytes, expected: str) -> None:
    assert key.hex() == expected


def test_accounts_are_bytes_hex_or_ss58() -> None:
    assert account(ALICE) == account(ALICE_SS58) == account(bytes.fromhex(ALICE[2:]))
    for wrong in ("0x00", ALICE_SS58[:-1] + "Z", "0", b"", "Il", ALICE_SS58 * 2):
        with pytest.raises(ValueError, match="expected"):
            account(wrong)


def test_compact_is_the_shortest_form() -> None:
    for value, encoded in [
        (0, "00"), (63, "fc"), (64, "0101"), (16_383, "fdff"), (16_384, "02000100"),
        ((1 << 30) - 1, "feffffff"), (1 << 30, "0300000040"), ((1 << 64) - 1, "13" + "ff" * 8),
    ]:  # fmt: skip
        assert compact(value).hex() == encoded
        assert read_compact(compact(value) + b"rest", 0) == (value, len(encoded) // 2)


def test_a_snapshot_is_pinned_to_its_block(node: ReplayNode, client: Client) -> None:
    before = View(client)
    node.change("register", hotkey=ALICE_SS58, coldkey=BOB)
    after = View(client)
    assert before.block != after.block
    assert (before.uid(ALICE), after.uid(ALICE)) == (None, 10)
    assert (len(before.keys()), len(after.keys())) == (10, 11)
    assert (before.number(7), after.number(7)) == (1_000, 1_001)
    header = client.ask("chain_getHeader", after.block)
    assert header_hash(header) == after.block
    assert header["parentHash"] == before.block
    assert client.ask("chain_getBlockHash", 0) == GENESIS
    assert client.ask("chain_getBlockHash", 1_001) == after.block
    assert client.ask("chain_getBlockHash", 999) is None


def test_batches_of_storage_name_every_key(node: ReplayNode, client: Client) -> None:
    head = client.ask("chain_getFinalizedHead")
    keys = ["0x" + subtensor_key("Tempo", identity(netuid)).hex() for netuid in (7, 8)]
    answer = client.ask("state_queryStorageAt", keys, head)
    assert answer == [{"block": head, "changes": [[keys[0], "0x6300"], [keys[1], None]]}]


def test_unknown_things_are_errors(node: ReplayNode, client: Client) -> None:
    assert client.error("state_unheard")["code"] == -32_601
    assert client.error("state_getStorage")["code"] == -32_602
    assert client.error("state_getStorage", "0xzz")["code"] == -32_602
    assert "not found" in client.error("state_call", "Some_function", "0x", None)["message"]
    assert "UnknownBlock" in client.error("state_getRuntimeVersion", "0x" + "00" * 32)["message"]
    assert client.ask("chain_getHeader", "0x" + "00" * 32) is None
    assert client.ask("state_call", "SubnetInfoRuntimeApi_get_subnet_state", "0x0800") == "0x00"
    assert '"code":-32700' in client.send("{")
    assert '"code":-32600' in client.send("7")


def test_registration_on_a_new_uid_and_on_a_pruned_one(node: ReplayNode, client: Client) -> None:
    pruned = hotkeys(node)[1]
    node.change("register", hotkey=ALICE, coldkey=BOB, replacing=pruned)
    view = View(client)
    assert (view.uid(ALICE), view.uid(pruned)) == (1, None)
    assert view.row("Keys", identity(7), identity(1)) == account(ALICE)
    assert view.owner(pruned) == invented_key("coldkey", 0)
    assert view.row("BlockAtRegistration", identity(7), identity(1)) == uint(1_001, 64)
    assert view.row("ValidatorPermit", identity(7)) == b"\x28\x01" + bytes(9)


def test_deregistration_renumbers_and_leaves_the_owner(node: ReplayNode, client: Client) -> None:
    keys = hotkeys(node)
    node.change("deregister", hotkey=keys[3])
    view = View(client)
    assert [view.uid(key) for key in (keys[2], keys[3], keys[4])] == [2, None, 3]
    assert view.owner(keys[3]) == invented_key("coldkey", 1)
    assert view.row("SubnetworkN", identity(7)) == uint(9, 16)


@pytest.mark.parametrize("everywhere", [True, False])
def test_hotkey_swap(node: ReplayNode, client: Client, everywhere: bool) -> None:
    old, before = hotkeys(node)[0], View(client).fields()
    node.change("swap_hotkey", old=old, new=ALICE, everywhere=everywhere)
    view, coldkey = View(client), invented_key("coldkey", 0)
    assert (view.uid(old), view.uid(ALICE)) == (None, 0)
    assert (view.owner(old), view.owner(ALICE)) == (None if everywhere else coldkey, coldkey)
    assert view.fields()[66] == before[66], "the block of registration stays"
    assert view.fields()[57] == before[57], "so does the permit"
    assert view.fields()[5] == b"\x01" + account(ALICE)


def test_coldkey_swap(node: ReplayNode, client: Client) -> None:
    coldkey = invented_key("coldkey", 0)
    hashed = twox64_concat(coldkey)
    node.change("announce_coldkey_swap", coldkey=coldkey, new=BOB, delay=50)
    announced = View(client)
    digest = hashlib.blake2b(account(BOB), digest_size=32).digest()
    assert announced.row("ColdkeySwapAnnouncements", hashed) == uint(1_051, 32) + digest
    assert announced.row("ColdkeySwapDisputes", hashed) is None
    node.change("dispute_coldkey_swap", coldkey=coldkey)
    assert View(client).row("ColdkeySwapDisputes", hashed) == uint(1_002, 32)
    node.change("swap_coldkey", coldkey=coldkey, new=BOB)
    done = View(client)
    assert done.row("ColdkeySwapAnnouncements", hashed) is done.row("ColdkeySwapDisputes", hashed) is None
    assert done.keys(53)[:3] == [account(BOB), account(BOB), invented_key("coldkey", 1)]
    assert done.owner(hotkeys(node)[1]) == done.row("SubnetOwner", identity(7)) == account(BOB)
    node.change("announce_coldkey_swap", coldkey=BOB, new=ALICE)
    node.change("clear_coldkey_swap", coldkey=BOB)
    assert View(client).row("ColdkeySwapAnnouncements", twox64_concat(account(BOB))) is None


def test_permit_activity_and_stake(node: ReplayNode, client: Client) -> None:
    first, last = hotkeys(node)[0], hotkeys(node)[9]
    node.change("set_permit", hotkey=first, permit=False)
    node.change("set_permit", hotkey=last, permit=True)
    node.change("set_active", hotkey=last, active=True)
    node.change("set_stake", hotkey=first, total=5, alpha=1 << 40)
    view = View(client)
    assert view.fields()[57] == b"\x01\x28" + bytes([0, 1, *[0] * 7, 1])
    assert view.fields()[56][-2:] == b"\x01\x01"
    assert view.fields()[69][2:3] == compact(5)
    assert view.fields()[67][2:9] == compact(1 << 40)
    assert view.number(9) == 1_002, "a permit is given or taken by an epoch"
    assert view.row("TotalHotkeyAlpha", blake2_128_concat(first), identity(7)) == uint(1 << 40, 64)


def test_owner_and_nobody(node: ReplayNode, client: Client) -> None:
    node.change("set_owner", hotkey=ALICE, coldkey=BOB)
    assert View(client).fields()[5:7] == [b"\x01" + account(ALICE), b"\x01" + account(BOB)]
    node.change("set_owner", hotkey=ZERO_ACCOUNT, coldkey=ZERO_ACCOUNT)
    assert View(client).row("SubnetOwnerHotkey", identity(7)) == ZERO_ACCOUNT


def test_netuid_is_given_to_another_subnet_and_taken_away(node: ReplayNode, client: Client) -> None:
    node.change("reregister", hotkey=ALICE, coldkey=BOB)
    view = View(client)
    assert view.keys() == [account(ALICE)]
    assert view.number(4) == 1_001
    assert view.row("NetworkRegisteredAt", identity(7)) == uint(1_001, 64)
    node.change("dissolve")
    view = View(client)
    assert view.row("NetworksAdded", identity(7)) is None
    assert client.ask("state_call", "SubnetInfoRuntimeApi_get_subnet_state", "0x0700") == "0x00"
    assert client.ask("state_call", "NeuronInfoRuntimeApi_get_neurons_lite", "0x0700") == "0x00"
    with pytest.raises(ValueError, match="expected a subnet"):
        node.change("run_epoch")


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("unheard", {}),
        ("register", {"hotkey": ALICE}),
        ("register", {"hotkey": invented_key("hotkey", 3), "coldkey": ALICE}),
        ("deregister", {"hotkey": ALICE}),
        ("deregister", {"hotkey": "0x00"}),
        ("swap_hotkey", {"old": invented_key("hotkey", 3), "new": invented_key("hotkey", 4)}),
    ],
)
def test_impossible_changes_say_what_was_expected(node: ReplayNode, kind: str, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|missing"):
        node.change(kind, **facts)
    assert node.chain.head.number == 1_000


def test_time_of_blocks() -> None:
    chain = Chain(Subnet.invented(), start_ms=1_750_000_000_000)
    assert chain.advance(5).time_ms == 1_750_000_060_000
    assert chain.advance(time_ms=1).time_ms == 1
    with pytest.raises(ValueError, match="1 or more"):
        chain.advance(0)


def test_upgrades_change_what_the_runtime_says_and_knows(node: ReplayNode, client: Client) -> None:
    def metadata() -> bytes:
        return bytes.fromhex(client.ask("state_call", "Metadata_metadata_at_version", "0x0f000000")[2:])

    def version(block: str | None = None) -> int:
        return int(client.ask("state_getRuntimeVersion", block)["specVersion"])

    old, known = client.ask("chain_getFinalizedHead"), metadata()
    length, at = read_compact(known, 1)
    assert (known[:1], known[at : at + 5], len(known)) == (b"\x01", b"meta\x0f", at + length)
    node.upgrade(462)
    assert (version(), version(old), metadata()) == (462, 461, known)
    entry = "SubtensorModule.Uids"
    node.upgrade(463, changed={entry: "[Identity,Blake2_128Concat] (u16,[u8;32]) -> u32 Optional"})
    assert (version(), metadata() == known) == (463, False)
    node.upgrade(464, removed=["SubnetInfoRuntimeApi_get_selective_metagraph"])
    assert b"get_selective_metagraph" not in metadata()
    assert (
        "Exported method"
        in client.error("state_call", "SubnetInfoRuntimeApi_get_selective_metagraph", "0x070000")["message"]
    )
    node.upgrade(465)
    assert metadata() == known
    with pytest.raises(ValueError, match="a layout"):
        node.upgrade(466, removed=["SubtensorModule.Unheard"])
