"""The bytes of requests and addresses, written down a second time from the spec, so that attacks can be built by hand."""

from __future__ import annotations

from hashlib import blake2b, sha256

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def request_message(headers: dict[str, str], method: str, target: str, body: bytes = b"") -> bytes:
    """The eight lines that a `btauth/1` signature covers."""
    lines = (
        "btauth/1", headers.get("X-Bittensor-Crypto", "sr25519"), method, target, sha256(body).hexdigest(),
        headers["X-Bittensor-Nonce"], headers["X-Bittensor-Hotkey"], headers.get("X-Bittensor-Receiver", "-"),
    )  # fmt: skip
    return "\n".join(lines).encode()


def ss58(public_key: bytes, prefix: int, *, two_bytes: bool | None = None) -> str:
    """An address of any prefix; `two_bytes` forces the long form of a short prefix, which nobody should write."""
    long = prefix >= 64 if two_bytes is None else two_bytes
    mark = bytes([0x40 | (prefix & 0xFC) >> 2, prefix >> 8 | (prefix & 3) << 6]) if long else bytes([prefix])
    checksum = blake2b(b"SS58PRE" + mark + public_key).digest()[:2]
    number, text = int.from_bytes(mark + public_key + checksum, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    zeros = len(mark + public_key) - len((mark + public_key).lstrip(b"\0"))
    return "1" * zeros + text


def public_key_of(address: str) -> bytes:
    """The key of an address of any prefix, read without any of the checks that are needed."""
    number = 0
    for letter in address:
        number = number * 58 + _BASE58.index(letter)
    return number.to_bytes(36, "big")[-34:-2]
