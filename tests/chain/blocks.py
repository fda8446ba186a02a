"""Blocks that a test makes: each with its header, its subnet and its runtime, which later blocks leave as they are."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .answers import neurons_lite, selective_metagraph, storage, subnet_state, timestamp_row
from .metadata import metadata_answer
from .scale import compact
from .shapes import known_lines
from .subnet import Subnet, changed

GENESIS = "0x" + "60" * 32
BLOCK_MS = 12_000


@dataclass(frozen=True)
class Runtime:
    """What a runtime calls itself, and how it stores its facts: entry and shape, as in the core's table."""

    spec_version: int = 461
    lines: Mapping[str, str] = field(default_factory=known_lines)
    recorded: bytes | None = None

    @cached_property
    def metadata(self) -> bytes:
        """What it answers when it is asked for metadata 15."""
        return metadata_answer(self.lines) if self.recorded is None else self.recorded

    def upgraded(
        self, spec_version: int, changed: Mapping[str, str] | None = None, removed: list[str] | None = None
    ) -> Runtime:
        """Another version: the known layouts, but for what changed or went."""
        lines = known_lines()
        for entry in (*(changed or {}), *(removed or [])):
            if entry not in lines:
                raise ValueError(f"a layout: expected one of {', '.join(lines)}")
        left = {entry: shape for entry, shape in {**lines, **(changed or {})}.items() if entry not in (removed or [])}
        return Runtime(spec_version, left)


@dataclass(frozen=True)
class Block:
    """A block and the state after it."""

    header: Mapping[str, Any]
    time_ms: int
    runtime: Runtime
    subnet: Subnet | None

    @cached_property
    def hash(self) -> str:
        """BLAKE2b-256 of the encoded header."""
        return header_hash(self.header)

    @property
    def number(self) -> int:
        """Its height."""
        return int(self.header["number"], 16)

    @cached_property
    def storage(self) -> dict[bytes, bytes]:
        """Every row of the state."""
        rows = dict([timestamp_row(self.time_ms)])
        return rows | storage(self.subnet) if self.subnet else rows

    @property
    def version(self) -> Mapping[str, Any]:
        """`state_getRuntimeVersion`."""
        return {
            "specName": "node-subtensor",
            "implName": "node-subtensor",
            "authoringVersion": 1,
            "specVersion": self.runtime.spec_version,
            "implVersion": 1,
            "apis": [],
            "transactionVersion": 1,
            "stateVersion": 1,
        }

    def call(self, function: str, argument: bytes) -> bytes | None:
        """A runtime call; `None` when the runtime does not know the function."""
        if function == "Metadata_metadata_at_version":
            return self.runtime.metadata if argument == b"\x0f\0\0\0" else b"\x00"
        calls: dict[str, Callable[[Subnet], bytes]] = {
            "NeuronInfoRuntimeApi_get_neurons_lite": neurons_lite,
            "SubnetInfoRuntimeApi_get_selective_metagraph": lambda subnet: self._metagraph(subnet, argument[3:]),
            "SubnetInfoRuntimeApi_get_subnet_state": subnet_state,
        }
        is_gone = function in known_lines() and function not in self.runtime.lines
        if function not in calls or is_gone:
            return None
        if self.subnet is None or int.from_bytes(argument[:2], "little") != self.subnet.netuid:
            return b"\x00"
        return calls[function](self.subnet)

    def _metagraph(self, subnet: Subnet, asked: bytes) -> bytes:
        fields = [int.from_bytes(asked[at : at + 2], "little") for at in range(0, len(asked), 2)]
        return selective_metagraph(subnet, self.number, fields)


def header_hash(header: Mapping[str, Any]) -> str:
    """BLAKE2b-256 of the encoded header."""
    logs = header["digest"]["logs"]
    parts = [
        _bytes(header["parentHash"]),
        compact(int(header["number"], 16)),
        _bytes(header["stateRoot"]),
        _bytes(header["extrinsicsRoot"]),
        compact(len(logs)),
        *map(_bytes, logs),
    ]
    return "0x" + hashlib.blake2b(b"".join(parts), digest_size=32).hexdigest()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


class Chain:
    """Blocks from the first that a test knows of to the newest."""

    def __init__(
        self,
        subnet: Subnet | None,
        *,
        genesis: str = GENESIS,
        number: int = 1_000,
        start_ms: int | None = None,
        runtime: Runtime | None = None,
    ) -> None:
        self.genesis = genesis
        self._start = None if start_ms is None else (number, start_ms)
        self.blocks: list[Block] = []
        self._seal(number, subnet, runtime or Runtime(), None)

    @property
    def head(self) -> Block:
        """The newest block."""
        return self.blocks[-1]

    def advance(self, blocks: int = 1, time_ms: int | None = None) -> Block:
        """So many blocks in which nothing happens; only the last of them can be asked for."""
        if blocks < 1:
            raise ValueError("blocks: expected 1 or more")
        return self._seal(self.head.number + blocks, self.head.subnet, self.head.runtime, time_ms)

    def change(self, kind: str, **facts: Any) -> Block:
        """A block in which one thing happens to the subnet; `dissolve` takes it away."""
        number = self.head.number + 1
        if kind == "dissolve":
            return self._seal(number, None, self.head.runtime, None)
        if self.head.subnet is None:
            raise ValueError("a change: expected a subnet, there is none since `dissolve`")
        return self._seal(number, changed(self.head.subnet, number, kind, facts), self.head.runtime, None)

    def put(self, subnet: Subnet | None) -> Block:
        """A block after which the subnet is this one."""
        return self._seal(self.head.number + 1, subnet, self.head.runtime, None)

    def upgrade(self, runtime: Runtime) -> Block:
        """A block with another runtime."""
        return self._seal(self.head.number + 1, self.head.subnet, runtime, None)

    def block(self, block_hash: str | None) -> Block | None:
        """The block of this hash; the newest when none is named."""
        if block_hash is None:
            return self.head
        wanted = block_hash.lower().removeprefix("0x")
        return next((block for block in reversed(self.blocks) if block.hash[2:] == wanted), None)

    def numbered(self, number: int) -> str | None:
        """The hash of the block of this number."""
        if number == 0:
            return self.genesis
        return next((block.hash for block in self.blocks if block.number == number), None)

    def _seal(self, number: int, subnet: Subnet | None, runtime: Runtime, time_ms: int | None) -> Block:
        if time_ms is None and self._start:
            time_ms = self._start[1] + (number - self._start[0]) * BLOCK_MS
        state = repr((number, subnet, runtime.spec_version)).encode()
        root = "0x" + hashlib.blake2b(state, digest_size=32).hexdigest()
        header = {
            "parentHash": self.blocks[-1].hash if self.blocks else self.genesis,
            "number": hex(number),
            "stateRoot": root,
            "extrinsicsRoot": root,
            "digest": {"logs": ["0x0601020304", "0x05"]},
        }
        block = Block(header, round(time.time() * 1_000) if time_ms is None else time_ms, runtime, subnet)
        self.blocks.append(block)
        return block
