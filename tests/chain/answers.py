"""What the chain would say about a subnet: storage rows and answers of runtime calls, in SCALE."""

from __future__ import annotations

from collections.abc import Iterable

from .scale import compact, some, uint, vec
from .storage_keys import blake2_128_concat, identity, storage_key, subtensor_key, twox64_concat
from .subnet import Row, Subnet

#: `SelectiveMetagraph` of the newest runtime that was seen.
FIELDS = 77


def timestamp_row(time_ms: int) -> tuple[bytes, bytes]:
    """`Timestamp.Now`."""
    return storage_key("Timestamp", "Now"), uint(time_ms, 64)


def storage(subnet: Subnet) -> dict[bytes, bytes]:
    """Every row that the chain would hold for this subnet and its people."""
    netuid = identity(subnet.netuid)
    by_uid = {
        "Active": vec(_flag(row.active) for row in subnet.rows),
        "LastUpdate": vec(uint(row.last_update, 64) for row in subnet.rows),
        "ValidatorPermit": vec(_flag(row.permit) for row in subnet.rows),
    }
    by_netuid = {
        "ImmunityPeriod": uint(subnet.immunity, 16),
        "MaxAllowedValidators": uint(128, 16),
        "NetworkRegisteredAt": uint(subnet.registered_at, 64),
        "NetworksAdded": b"\x01",
        "SubnetOwner": subnet.owner_coldkey,
        "SubnetOwnerHotkey": subnet.owner_hotkey,
        "SubnetworkN": uint(len(subnet.rows), 16),
        "Tempo": uint(subnet.tempo, 16),
    }
    rows = {subtensor_key(item, netuid): value for item, value in {**by_netuid, **by_uid}.items()}
    for uid, row in enumerate(subnet.rows):
        hotkey = blake2_128_concat(row.hotkey)
        rows[subtensor_key("Uids", netuid, hotkey)] = uint(uid, 16)
        rows[subtensor_key("Keys", netuid, identity(uid))] = row.hotkey
        rows[subtensor_key("BlockAtRegistration", netuid, identity(uid))] = uint(row.registered_at, 64)
        rows[subtensor_key("IsNetworkMember", hotkey, netuid)] = b"\x01"
        rows[subtensor_key("TotalHotkeyAlpha", hotkey, netuid)] = uint(row.alpha, 64)
    owned: dict[bytes, list[bytes]] = {}
    for owned_hotkey, owner in subnet.owners.items():
        rows[subtensor_key("Owner", blake2_128_concat(owned_hotkey))] = owner
        owned.setdefault(owner, []).append(owned_hotkey)
    for coldkey, hotkeys in owned.items():
        rows[subtensor_key("OwnedHotkeys", blake2_128_concat(coldkey))] = vec(hotkeys)
    for coldkey, (block, digest) in subnet.announced.items():
        rows[subtensor_key("ColdkeySwapAnnouncements", twox64_concat(coldkey))] = uint(block, 32) + digest
    for coldkey, block in subnet.disputed.items():
        rows[subtensor_key("ColdkeySwapDisputes", twox64_concat(coldkey))] = uint(block, 32)
    return rows


def selective_metagraph(subnet: Subnet, block: int, asked: Iterable[int]) -> bytes:
    """`get_selective_metagraph`: what was not asked for is one zero byte."""
    asked = set(asked)
    fields = _metagraph_fields(subnet, block)
    netuid = compact(subnet.netuid if 0 in asked else 0)
    return some(netuid + b"".join(some(fields[index]) if index in asked else b"\x00" for index in range(1, FIELDS)))


def _metagraph_fields(subnet: Subnet, block: int) -> dict[int, bytes]:
    no_list, no_number, no_flag = vec([]), compact(0), b"\x00"
    return {
        **dict.fromkeys(range(1, FIELDS), no_number),
        **dict.fromkeys((34, 35, 46, 48), no_flag),
        **dict.fromkeys((1, 2, 54, 55, 58, *range(60, 66), *range(70, FIELDS)), no_list),
        3: b"\x00",
        4: compact(subnet.registered_at),
        5: subnet.owner_hotkey,
        6: subnet.owner_coldkey,
        7: compact(block),
        8: compact(subnet.tempo),
        9: compact(subnet.last_step),
        21: bytes(16),
        30: compact(len(subnet.rows)),
        36: compact(subnet.immunity),
        52: vec(row.hotkey for row in subnet.rows),
        53: vec(row.coldkey for row in subnet.rows),
        56: vec(_flag(row.active) for row in subnet.rows),
        57: vec(_flag(row.permit) for row in subnet.rows),
        59: _numbers(row.last_update for row in subnet.rows),
        66: _numbers(row.registered_at for row in subnet.rows),
        67: _numbers(row.alpha for row in subnet.rows),
        68: _numbers(row.tao for row in subnet.rows),
        69: _numbers(row.total for row in subnet.rows),
    }


def subnet_state(subnet: Subnet) -> bytes:
    """`get_subnet_state`."""
    zeros = _numbers(0 for _ in subnet.rows)
    fields = [
        compact(subnet.netuid),
        vec(row.hotkey for row in subnet.rows),
        vec(row.coldkey for row in subnet.rows),
        vec(_flag(row.active) for row in subnet.rows),
        vec(_flag(row.permit) for row in subnet.rows),
        vec([]),
        _numbers(row.last_update for row in subnet.rows),
        *[zeros] * 4,
        *[vec([])] * 2,
        _numbers(row.registered_at for row in subnet.rows),
        _numbers(row.alpha for row in subnet.rows),
        _numbers(row.tao for row in subnet.rows),
        _numbers(row.total for row in subnet.rows),
        vec([_numbers([1, 2, 3])] * 2),
    ]
    return some(b"".join(fields))


def neurons_lite(subnet: Subnet) -> bytes:
    """`get_neurons_lite`."""

    def neuron(uid: int, row: Row) -> bytes:
        axon, prometheus = bytes(34), bytes(31)
        stake = vec([row.coldkey + compact(row.alpha)])
        keys = row.hotkey + row.coldkey + compact(uid) + compact(subnet.netuid)
        numbers = bytes(7) + compact(row.last_update) + _flag(row.permit) + compact(0)
        return keys + _flag(row.active) + axon + prometheus + stake + numbers

    return vec(neuron(uid, row) for uid, row in enumerate(subnet.rows))


def _flag(value: bool) -> bytes:
    return bytes([value])


def _numbers(values: Iterable[int]) -> bytes:
    return vec(compact(value) for value in values)
