"""Answers that were recorded from public nodes. They stand beside the repository and not in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .blocks import GENESIS, Block, Chain, Runtime
from .scale import read_compact
from .shapes import end_of, inner, known_lines, split
from .subnet import Row, Subnet

FOLDER = Path(__file__).parents[3] / "shared/data/chain"
SNAPSHOT = "finney_spec343_block6852690_rpc_session.json"
#: Metadata of another version with the same layouts; that of the recorded one was not kept.
METADATA = "metadata/localnet_spec461_v15.scale"
FINNEY = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03"

_METAGRAPH = "SubnetInfoRuntimeApi_get_selective_metagraph"
_MECHAGRAPH = "SubnetInfoRuntimeApi_get_selective_mechagraph"
_SLOT_MS = 12_000


def exchange_key(method: str, params: list[Any]) -> str:
    """Calls are the same whether their hex has `0x` or not."""
    plain = [param.lower().removeprefix("0x") if isinstance(param, str) else param for param in params]
    return json.dumps([method, plain])


def metagraph_fields(data: bytes) -> list[bytes]:
    """The fields of a `SelectiveMetagraph` that is there: field 0 without, all others with their `Option`."""
    shape = known_lines()[_METAGRAPH].partition(" -> ")[2]
    at, fields = 1, []
    for field in split(inner(inner(shape, "Option<"), "{")):
        end = end_of(field.partition(":")[2], data, at)
        fields.append(data[at:end])
        at = end
    if any(data[at:]):
        raise ValueError("a metagraph: expected nothing but empty fields after the last that is known")
    return fields


class Recording(Chain):
    """One recorded session: its one block, its answers as they were, and the rest from the same metagraph."""

    def __init__(self, folder: Path = FOLDER, session: str = SNAPSHOT) -> None:
        recorded = json.loads((folder / session).read_text(encoding="utf-8"))
        self.exchanges: list[tuple[str, list[Any], Any]] = [
            (
                exchange["method"],
                exchange["params"],
                (folder / exchange["result_file"]).read_text(encoding="utf-8").strip()
                if "result_file" in exchange
                else exchange["result"],
            )
            for exchange in recorded["exchanges"]
        ]
        self._answers = {exchange_key(method, params): result for method, params, result in self.exchanges}
        runtime = Runtime(recorded["spec_version"], recorded=(folder / METADATA).read_bytes())
        finney = recorded["network"] == "finney"
        super().__init__(None, genesis=FINNEY if finney else GENESIS, runtime=runtime)
        head = self._answers.get(exchange_key("chain_getHead", []))
        header = self._answers.get(exchange_key("chain_getHeader", [head]))
        if header:
            calls = {params[0]: result for method, params, result in self.exchanges if method == "state_call"}
            versions = [result for method, _, result in self.exchanges if method == "state_getRuntimeVersion"]
            self.blocks = [_RecordedBlock.of(header, runtime, calls, versions[0])]

    def recorded(self, method: str, params: list[Any]) -> tuple[bool, Any]:
        """Whether this very call was recorded, and its answer."""
        key = exchange_key(method, params)
        return key in self._answers, self._answers.get(key)

    def upgrade(self, runtime: Runtime) -> Block:
        """A recording has one block: it gets the other runtime."""
        head = self.head
        self.blocks = [replace(head, runtime=runtime)]
        self._answers = {key: value for key, value in self._answers.items() if "state_getRuntimeVersion" not in key}
        return self.head

    def _seal(self, number: int, subnet: Subnet | None, runtime: Runtime, time_ms: int | None) -> Block:
        if self.blocks:
            raise ValueError("a recording: expected no new block, it has one")
        return super()._seal(number, subnet, runtime, time_ms)


@dataclass(frozen=True)
class _RecordedBlock(Block):
    calls: Mapping[str, str]
    recorded_version: Mapping[str, Any]

    @classmethod
    def of(
        cls, header: Mapping[str, Any], runtime: Runtime, calls: Mapping[str, str], version: Mapping[str, Any]
    ) -> _RecordedBlock:
        slot = next(log[14:] for log in header["digest"]["logs"] if log.startswith("0x0661757261"))
        time_ms = int.from_bytes(bytes.fromhex(slot), "little") * _SLOT_MS
        block = cls(header, time_ms, runtime, None, calls, version)
        return replace(block, subnet=block._recorded_subnet()) if _MECHAGRAPH in calls else block

    @property
    def version(self) -> Mapping[str, Any]:
        return {**self.recorded_version, "specVersion": self.runtime.spec_version}

    def call(self, function: str, argument: bytes) -> bytes | None:
        answer = super().call(function, argument)
        is_of_this_subnet = answer not in (None, b"\x00")
        if is_of_this_subnet and function in self.calls:
            return bytes.fromhex(self.calls[function][2:])
        return answer

    @cached_property
    def fields(self) -> list[bytes]:
        """The fields of the recorded metagraph, each as it came."""
        return metagraph_fields(bytes.fromhex(self.calls[_MECHAGRAPH][2:]))

    def _metagraph(self, subnet: Subnet, asked: bytes) -> bytes:
        numbers = {int.from_bytes(asked[at : at + 2], "little") for at in range(0, len(asked), 2)}
        chosen = [field if index in numbers else b"\x00" for index, field in enumerate(self.fields)]
        return b"\x01" + b"".join(chosen)

    def _recorded_subnet(self) -> Subnet:
        keys, flags, numbers = self._keys, self._flags, self._numbers
        columns = zip(*map(keys, (52, 53)), *map(flags, (56, 57)), *map(numbers, (59, 66, 67, 68, 69)), strict=True)
        rows = tuple(Row(*column) for column in columns)
        netuid, registered_at, tempo, last_step, immunity = (
            read_compact(self.fields[index], 1 if index else 0)[0] for index in (0, 4, 8, 9, 36)
        )
        return Subnet(
            netuid=netuid,
            registered_at=registered_at,
            owner_hotkey=self.fields[5][1:],
            owner_coldkey=self.fields[6][1:],
            tempo=tempo,
            immunity=immunity,
            last_step=last_step,
            rows=rows,
            owners={row.hotkey: row.coldkey for row in rows},
        )

    def _items(self, index: int) -> tuple[int, bytes]:
        count, at = read_compact(self.fields[index], 1)
        return count, self.fields[index][at:]

    def _keys(self, index: int) -> list[bytes]:
        count, data = self._items(index)
        return [data[at * 32 : at * 32 + 32] for at in range(count)]

    def _flags(self, index: int) -> list[bool]:
        return [flag == 1 for flag in self._items(index)[1]]

    def _numbers(self, index: int) -> list[int]:
        count, data = self._items(index)
        at, numbers = 0, []
        for _ in range(count):
            number, at = read_compact(data, at)
            numbers.append(number)
        return numbers
