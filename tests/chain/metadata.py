"""Metadata 15 from layouts: what a runtime with these entries, and nothing else, would say of itself."""

from __future__ import annotations

from collections.abc import Mapping

from .scale import compact, octets, some, text, uint, vec
from .shapes import inner, split

_PRIMITIVES = {"bool": 0, "str": 2, "u8": 3, "u16": 4, "u32": 5, "u64": 6, "u128": 7, "i128": 13}
_HASHERS = {"Blake2_128Concat": 2, "Twox64Concat": 5, "Identity": 6}
_MODIFIERS = {"Optional": 0, "Default": 1}
_NOTHING = vec([])
_COMPOSITE, _VARIANT, _SEQUENCE, _ARRAY, _TUPLE, _PRIMITIVE, _COMPACT = (bytes([kind]) for kind in range(7))


def metadata_answer(lines: Mapping[str, str]) -> bytes:
    """What `Metadata_metadata_at_version(15)` answers: `Option<Vec<u8>>`."""
    return some(octets(metadata(lines)))


def metadata(lines: Mapping[str, str]) -> bytes:
    """Metadata 15, bare. Entries are `Pallet.Item` or `Api_method`."""
    types = _Types()
    pallets: dict[str, list[bytes]] = {}
    apis: dict[str, list[bytes]] = {}
    for entry, shape in lines.items():
        pallet, _, item = entry.partition(".")
        if item:
            pallets.setdefault(pallet, []).append(_storage(types, item, shape))
        else:
            api, _, method = entry.partition("_")
            apis.setdefault(api, []).append(_method(types, method, shape))
    unit = types.of("()")
    body = [
        vec(_pallet(name, entries) for name, entries in pallets.items()),
        bytes([4]) + unit * 4 + _NOTHING,
        unit,
        vec(text(name) + vec(methods) + _NOTHING for name, methods in apis.items()),
        unit * 3,
        _NOTHING,
    ]
    return b"meta\x0f" + vec(types.encoded) + b"".join(body)


def _pallet(name: str, entries: list[bytes]) -> bytes:
    storage = some(text(name) + vec(entries))
    return text(name) + storage + b"\x00\x00" + _NOTHING + b"\x00" + b"\x00" + _NOTHING


def _storage(types: _Types, name: str, layout: str) -> bytes:
    shape, _, modifier = layout.rpartition(" ")
    keys, _, value = shape.partition(" -> ")
    if keys == "()":
        entry = b"\x00" + types.of(value)
    else:
        hashers, _, key = keys.partition(" ")
        hashed = vec(bytes([_HASHERS[hasher]]) for hasher in inner(hashers, "[").split(","))
        entry = b"\x01" + hashed + types.of(key) + types.of(value)
    return text(name) + bytes([_MODIFIERS[modifier]]) + entry + _NOTHING + _NOTHING


def _method(types: _Types, name: str, layout: str) -> bytes:
    inputs, _, output = layout.partition(" -> ")
    named = vec(text("input") + types.of(shape) for shape in split(inner(inputs, "(")))
    return text(name) + named + types.of(output) + _NOTHING


class _Types:
    """Numbers types as they come up; a type's parts come before it."""

    def __init__(self) -> None:
        self.encoded: list[bytes] = []
        self._numbers: dict[str, bytes] = {}

    def of(self, shape: str) -> bytes:
        """The compact number of the type that is written like this."""
        if shape not in self._numbers:
            path = vec([text("Option")]) if shape.startswith("Option<") else _NOTHING
            definition = self._definition(shape)
            number = compact(len(self.encoded))
            self.encoded.append(number + path + _NOTHING + definition + _NOTHING)
            self._numbers[shape] = number
        return self._numbers[shape]

    def _definition(self, shape: str) -> bytes:
        if shape in _PRIMITIVES:
            return _PRIMITIVE + bytes([_PRIMITIVES[shape]])
        if shape == "Compact":
            return _COMPACT + self.of("u64")
        if shape.startswith("Vec<"):
            return _SEQUENCE + self.of(inner(shape, "Vec<"))
        if shape.startswith("Option<"):
            item = self._field(None, inner(shape, "Option<"))
            none = text("None") + _NOTHING + b"\x00" + _NOTHING
            return _VARIANT + vec([none, text("Some") + vec([item]) + b"\x01" + _NOTHING])
        if shape.startswith("["):
            item_shape, _, length = inner(shape, "[").rpartition(";")
            return _ARRAY + uint(int(length), 32) + self.of(item_shape)
        if shape.startswith("{"):
            fields = (named.partition(":") for named in split(inner(shape, "{")))
            return _COMPOSITE + vec(self._field(name, field) for name, _, field in fields)
        return _TUPLE + vec(self.of(part) for part in split(inner(shape, "(")))

    def _field(self, name: str | None, shape: str) -> bytes:
        named = b"\x00" if name is None else some(text(name))
        return named + self.of(shape) + b"\x00" + _NOTHING
