"""Storage keys and accounts: twox128 of pallet and item, then the hashed keys."""

from __future__ import annotations

import hashlib
from functools import cache

from .scale import uint

_PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_MASK = (1 << 64) - 1
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

ZERO_ACCOUNT = bytes(32)


def account(value: bytes | str) -> bytes:
    """The 32 bytes of an account: as they are, as hex with `0x`, or as an SS58 address."""
    key = value
    if isinstance(key, str):
        key = bytes.fromhex(key[2:]) if key.startswith("0x") else _from_ss58(key)
    if len(key) != 32:
        raise ValueError("an account: expected 32 bytes, 0x and 64 hex digits, or an SS58 address")
    return key


def _from_ss58(address: str) -> bytes:
    number = 0
    for letter in address:
        if letter not in _BASE58:
            raise ValueError("an account: expected 32 bytes, 0x and 64 hex digits, or an SS58 address")
        number = number * 58 + _BASE58.index(letter)
    if number >> 8 * 35:
        raise ValueError("an SS58 address: expected prefix, 32 bytes and checksum")
    data = number.to_bytes(35, "big")
    if hashlib.blake2b(b"SS58PRE" + data[:33]).digest()[:2] != data[33:]:
        raise ValueError("an SS58 address: expected another checksum")
    return data[1:33]


def storage_key(pallet: str, item: str, *hashed: bytes) -> bytes:
    """The key of a storage item."""
    return _twox128(pallet) + _twox128(item) + b"".join(hashed)


def subtensor_key(item: str, *hashed: bytes) -> bytes:
    """The key of an item of the pallet that knows the subnets."""
    return storage_key("SubtensorModule", item, *hashed)


def identity(number: int) -> bytes:
    """`Identity` of a netuid or uid."""
    return uint(number, 16)


def blake2_128_concat(data: bytes) -> bytes:
    """`Blake2_128Concat`."""
    return hashlib.blake2b(data, digest_size=16).digest() + data


def twox64_concat(data: bytes) -> bytes:
    """`Twox64Concat`."""
    return uint(xxh64(data, 0), 64) + data


@cache
def _twox128(name: str) -> bytes:
    return b"".join(uint(xxh64(name.encode(), seed), 64) for seed in (0, 1))


def xxh64(data: bytes, seed: int) -> int:
    """XXH64, by its public specification."""
    p1, p2, p3, p4, p5 = _PRIMES
    at = 0
    if len(data) >= 32:
        lanes = [(seed + offset) & _MASK for offset in (p1 + p2, p2, 0, -p1)]
        while at + 32 <= len(data):
            for lane in range(4):
                lanes[lane] = _round(lanes[lane], int.from_bytes(data[at : at + 8], "little"))
                at += 8
        value = sum(_rotate(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
        for lane in lanes:
            value = ((value ^ _round(0, lane)) * p1 + p4) & _MASK
    else:
        value = (seed + p5) & _MASK
    value = (value + len(data)) & _MASK
    while at + 8 <= len(data):
        value ^= _round(0, int.from_bytes(data[at : at + 8], "little"))
        value = (_rotate(value, 27) * p1 + p4) & _MASK
        at += 8
    if at + 4 <= len(data):
        value ^= int.from_bytes(data[at : at + 4], "little") * p1 & _MASK
        value = (_rotate(value, 23) * p2 + p3) & _MASK
        at += 4
    for byte in data[at:]:
        value = _rotate(value ^ byte * p5 & _MASK, 11) * p1 & _MASK
    for shift, prime in ((33, p2), (29, p3), (32, 1)):
        value = (value ^ value >> shift) * prime & _MASK
    return value


def _round(lane: int, word: int) -> int:
    return _rotate((lane + word * _PRIMES[1]) & _MASK, 31) * _PRIMES[0] & _MASK


def _rotate(value: int, by: int) -> int:
    return (value << by | value >> 64 - by) & _MASK
