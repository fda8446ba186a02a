"""Snapshots of facts that do not come from a node (spec/05 §8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from . import _core

_STAKES = ("total", "alpha", "tao", "own_alpha")


def snapshot_of(
    netuid: int, neurons: Iterable[Mapping[str, Any]], *, fetched_at_ms: int, block: Mapping[str, Any], **subnet: Any
) -> _core.Snapshot:
    """A snapshot; stakes in whole rao. Raises `snapshot_invalid` for anything else than spec/05 §8."""
    document = {
        "v": 1,
        "genesis": None,
        "netuid": netuid,
        "registered_at": None,
        "block": dict(block),
        "spec_version": 0,
        "tempo": None,
        "last_epoch": None,
        "owner_hotkey": None,
        "owner_coldkey": None,
        "coldkey_swaps": {"scope": "nobody", "pending": []},
        "fetched_at_ms": fetched_at_ms,
        "neurons": [_row(neuron) for neuron in neurons],
        **subnet,
    }
    return _core.Snapshot.from_json(json.dumps(document).encode())


def _row(neuron: Mapping[str, Any]) -> dict[str, Any]:
    row = {"coldkey": None, "permit": False, "active": False, **neuron}
    for kind in _STAKES:
        if type(row.get(kind)) is int:
            row[kind] = str(row[kind])
    return row
