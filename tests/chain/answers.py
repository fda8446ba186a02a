"""What the chain would say about a subnet: storage rows and answers of runtime calls, in SCALE."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .scale import compact, octets, some, uint, vec
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
    return some(netuid + b"".join(some(fields[index]()) if index in asked else b"\x00" for index in range(1, FIELDS)))


def asked_fields(argument: bytes) -> list[int]:
    """The list of field numbers at the end of the parameters."""
    return [int.from_bytes(argument[at : at + 2], "little") for at in range(0, len(argument), 2)]


def _metagraph_fields(subnet: Subnet, block: int) -> dict[int, Callable[[], bytes]]:
    fixed: dict[int, bytes] = {
        3: b"\x00",
        4: compact(subnet.registered_at),
        5: subnet.owner_hotkey,
        6: subnet.owner_coldkey,
        7: compact(block),
        8: compact(subnet.tempo),
        9: compact(subnet.last_step),
        10: compact(max(block - subnet.last_step, 0)),
        21: bytes(16),
        29: compact(128),
        30: compact(len(subnet.rows)),
        31: compact(max(len(subnet.rows), 256)),
        36: compact(subnet.immunity),
        **{index: b"\x00" for index in (34, 35, 46, 48)},
        **{index: vec([]) for index in (1, 2, 54, 55, 60, 70, 71, 72, 73, 74, 75, 76)},
        **{index: vec([]) for index in (58, 61, 62, 63, 64, 65)},
    }
    fields: dict[int, Callable[[], bytes]] = {index: lambda: compact(0) for index in range(1, FIELDS)}
    fields |= {index: lambda value=value: value for index, value in fixed.items()}  # type: ignore[misc]
    return fields | {
        52: lambda: vec(row.hotkey for row in subnet.rows),
        53: lambda: vec(row.coldkey for row in subnet.rows),
        56: lambda: vec(_flag(row.active) for row in subnet.rows),
        57: lambda: vec(_flag(row.permit) for row in subnet.rows),
        59: lambda: _numbers(row.last_update for row in subnet.rows),
        66: lambda: _numbers(row.registered_at for row in subnet.rows),
        67: lambda: _numbers(row.alpha for row in subnet.rows),
        68: lambda: _numbers(row.tao for row in subnet.rows),
        69: lambda: _numbers(row.total for row in subnet.rows),
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


def wrapped(answer: bytes) -> bytes:
    """The envelope of old runtimes: `Vec<u8>` around the answer."""
    return octets(answer)


def _flag(value: bool) -> bytes:
    return bytes([value])


def _numbers(values: Iterable[int]) -> bytes:
    return vec(compact(value) for value in values)
