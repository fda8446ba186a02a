"""SCALE, the writing half: what a runtime would answer. Shares nothing with the decoders of the core."""

from __future__ import annotations

from collections.abc import Iterable


def compact(value: int) -> bytes:
    """An integer in its shortest form."""
    if value < 1 << 6:
        return (value << 2).to_bytes(1, "little")
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = max(4, (value.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + value.to_bytes(size, "little")


def read_compact(data: bytes, at: int) -> tuple[int, int]:
    """The integer that starts there, and where the next thing starts."""
    mode = data[at] & 3
    if mode < 3:
        size = 1 << mode
        return int.from_bytes(data[at : at + size], "little") >> 2, at + size
    size = (data[at] >> 2) + 4
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def uint(value: int, bits: int) -> bytes:
    """An integer of fixed width."""
    return value.to_bytes(bits // 8, "little")


def vec(items: Iterable[bytes]) -> bytes:
    """A list of encoded items."""
    items = list(items)
    return compact(len(items)) + b"".join(items)


def octets(data: bytes) -> bytes:
    """`Vec<u8>`."""
    return compact(len(data)) + data


def text(value: str) -> bytes:
    """`str`."""
    return octets(value.encode())


def some(data: bytes) -> bytes:
    """`Some`; `None` is one zero byte."""
    return b"\x01" + data
