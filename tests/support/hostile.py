"""Requests that are made to cost time or to break a parser, each at most about 64 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from .asgi_call import encoded
from .callers import Caller

FULL = 64_000
ROUTE_BODY = 4_096
"""The largest body that a session route reads at all; the limit is tried from both sides."""


class Hostile(NamedTuple):
    name: str
    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    pieces: tuple[bytes, ...] = (b"",)


def requests(caller: Caller) -> Iterator[Hostile]:
    """All of them. `caller` names the receiver; nothing is signed by it but the heads, whose signatures are wrong."""
    yield from _heads(caller)
    yield from _tokens()
    yield from _targets_and_bodies(caller)
    for route, field in (("challenge", "hotkey"), ("session", "signature"), ("refresh", "refresh_token")):
        for name, body in _bodies(field, caller.address):
            yield Hostile(f"{route}: {name}", "POST", f"/auth/{route}".encode(), [], (body,))
    yield Hostile("logout: a body", "POST", b"/auth/logout", [], (b"x" * FULL,))
    yield Hostile("whoami: a body", "GET", b"/auth/session", [], (b"x" * FULL,))


def _signed(caller: Caller, body: bytes = b"", target: str = "/score") -> dict[bytes, bytes]:
    """A fresh head for this receiver whose signature does not fit."""
    return dict(encoded(caller.headers("PUT", target, body)))


def _heads(caller: Caller) -> Iterator[Hostile]:
    for name in ("hotkey", "receiver", "nonce", "signature", "crypto", "version"):
        header = f"x-bittensor-{name}".encode()
        for kind, value in (
            ("64,000 characters", b"5" * FULL),
            ("64,000 bytes of latin-1", b"\xff" * FULL),
            ("513 characters", b"5" * 513),
            ("512 characters", b"5" * 512),
            ("5,000 digits", b"9" * 5_000),
            ("a NUL", b"5\x00" * 24),
            ("a surrogate in UTF-8", b"\xed\xa0\x80" * 16),
            ("nothing", b""),
            ("hex of 64 KB", b"0x" + b"ab" * 31_000),
        ):
            yield Hostile(f"{name}: {kind}", "POST", b"/score", list({**_signed(caller), header: value}.items()))
        yield Hostile(f"{name}: twice", "POST", b"/score", [*_signed(caller).items(), (header, b"5")])
        yield Hostile(f"{name}: 300 times", "POST", b"/score", [(header, b"5" * 150)] * 300)
    for kind, noise in (
        ("300 headers", [(b"x-noise-%d" % n, b"v" * 190) for n in range(300)]),
        ("300 reserved names", [(b"x-bittensor-drand-%d" % n, b"v" * 180) for n in range(300)]),
        ("2,000 headers", [(b"x-noise-%d" % n, b"v" * 16) for n in range(2_000)]),
        ("names of 8 KB", [(b"x-bittensor-" + b"n" * 8_000, b"v") for _ in range(7)]),
        ("request ids", [(b"x-request-id", b"\xff" * 600) for _ in range(100)]),
    ):
        yield Hostile(f"noise: {kind}", "POST", b"/score", noise)
        yield Hostile(f"noise and a head: {kind}", "POST", b"/score", [*noise, *_signed(caller).items()])


def _tokens() -> Iterator[Hostile]:
    for kind, values in (
        ("64 KB", [b"Bearer " + b"A" * FULL]),
        ("64 KB with our prefix", [b"Bearer btas_" + b"A" * FULL]),
        ("another scheme, 64 KB", [b"B" * FULL]),
        ("64 KB of latin-1", [b"Bearer " + b"\xff" * FULL]),
        ("the right length", [b"Bearer btas_" + b"A" * 124]),
        ("512 bytes", [b"Bearer btas_" + b"A" * 500]),
        ("a NUL", [b"Bearer btas_\x00"]),
        ("a surrogate in UTF-8", [b"Bearer \xed\xa0\x80"]),
        ("300 times", [b"Bearer " + b"A" * 180] * 300),
        ("nothing", [b""]),
    ):
        headers = [(b"authorization", value) for value in values]
        yield Hostile(f"token: {kind}", "GET", b"/auth/session", headers)
        yield Hostile(f"token on a route: {kind}", "POST", b"/score", headers)
        yield Hostile(f"token at logout: {kind}", "POST", b"/auth/logout", headers)


def _targets_and_bodies(caller: Caller) -> Iterator[Hostile]:
    for kind, target in (
        ("64 KB path", b"/" + b"a" * FULL),
        ("64 KB query", b"/score?" + b"a=1&" * (FULL // 4)),
        ("8 KB", b"/" + b"a" * 8_191),
        ("8 KB and one", b"/" + b"a" * 8_192),
        ("escapes", b"/" + b"%2e%2F" * 10_000),
        ("slashes", b"/" * FULL),
        ("dots", b"/." * (FULL // 2)),
        ("raw bytes", b"/score?" + b"\xff" * 100),
    ):
        yield Hostile(f"target: {kind}", "POST", target, list(_signed(caller).items()))
        yield Hostile(f"target without a head: {kind}", "POST", target, [])
    body = b"b" * FULL
    yield Hostile("body: 64 KB", "POST", b"/score", list(_signed(caller).items()), (body,))
    pieces = tuple(body[at : at + 4_000] for at in range(0, FULL, 4_000))
    yield Hostile("body: 64 KB in 16 pieces", "POST", b"/score", list(_signed(caller).items()), pieces)
    yield Hostile("body without a head: 64 KB", "POST", b"/score", [], (body,))


def _bodies(field: str, address: str) -> Iterator[tuple[str, bytes]]:
    """JSON, and what looks like it, above the limit and just below."""
    for size in (FULL, ROUTE_BODY - 96):
        named = json.dumps({"hotkey": address, "sealed": "A" * 52})[:-1] + ',"'
        start = named.encode() + field.encode() + b'":'
        kind = f"{size} bytes of "
        yield kind + "open brackets", b"[" * size
        yield kind + "open objects", b'{"a":' * (size // 5)
        yield kind + "nesting that closes", b"[" * (size // 2) + b"]" * (size // 2)
        yield kind + "one string", b'"' + b"a" * size + b'"'
        yield kind + "a string that never ends", b'{"hotkey":"' + b"a" * size
        yield kind + "escapes", b'{"hotkey":"' + b"\\ud800" * (size // 6) + b'"}'
        yield kind + "digits", b'{"hotkey":' + b"9" * size + b"}"
        yield kind + "digits in the field", start + b'"' + b"9" * (size - 200) + b'"}'
        yield kind + "letters in the field", start + b'"' + b"Z" * (size - 200) + b'"}'
        yield (kind + "hex in the field", start + b'"0x' + b"ab" * ((size - 200) // 2) + b'"}')
        yield kind + "address", b'{"hotkey":"5' + b"z" * (size - 20) + b'"}'
        yield (kind + "one key", b"{" + b'"hotkey":"a",' * (size // 13) + b'"hotkey":"a"}')
        yield (kind + "many keys", b"{" + b",".join(b'"%d":0' % n for n in range(size // 8)) + b"}")
        yield kind + "invalid UTF-8", b'{"hotkey":"' + b"\xff\xfe" * (size // 2) + b'"}'
        yield (kind + "UTF-16", ('{"hotkey":"' + "a" * (size // 2 - 20) + '"}').encode("utf-16"))
        yield kind + "NULs", b"\x00" * size
        yield kind + "spaces", b" " * size
    for kind, body in (
        ("nothing", b""),
        ("no JSON", b"hotkey=5"),
        ("NaN", b'{"hotkey":NaN}'),
        ("Infinity", b'{"hotkey":-Infinity}'),
        ("a huge exponent", b'{"hotkey":1e999999999}'),
        ("null", b"null"),
        ("a list", b"[1]"),
        ("null in the field", b'{"hotkey":null,"sealed":null,"signature":null,"refresh_token":null}'),
        ("a list in the field", b'{"hotkey":["a"],"refresh_token":[["a"]]}'),
        ("a mark at the start", b'\xef\xbb\xbf{"hotkey":"a"}'),
        ("a surrogate", b'{"hotkey":"\\ud800","refresh_token":"\\ud800"}'),
        ("letters that are no ASCII", '{"hotkey":"é","refresh_token":"é"}'.encode()),
        ("an odd scheme", start + b'"0x","scheme":"\\u0000"}'),
        ("an odd form", b'{"hotkey":"%s","form":"FULL"}' % address.encode()),
        ("a form that is no text", b'{"hotkey":"%s","form":7}' % address.encode()),
    ):
        yield kind, body
