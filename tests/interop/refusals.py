"""Requests that no server of ours lets in, each with one fault, and the code that names it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from bittensor import http_auth

from bodies import LIMIT
from keys import SDK_ALICE, STRANGER
from raw import Answer, ask
from sdk_client import sign
from servers import Server

SECOND = 1_000_000_000
HOTKEY = http_auth.HEADER_HOTKEY
RECEIVER = http_auth.HEADER_RECEIVER
NONCE = http_auth.HEADER_NONCE
CRYPTO = http_auth.HEADER_CRYPTO
SIGNATURE = http_auth.HEADER_SIGNATURE
VERSION = http_auth.HEADER_VERSION


@dataclass(frozen=True)
class Sent:
    """A request on its way: what was signed, and what is sent in its place."""

    headers: list[tuple[str, str]]
    method: str = "POST"
    target: str = "/echo/a?b=1&c=2"
    body: bytes = b'{"prompt": "hello"}'

    def value(self, name: str) -> str:
        return dict(self.headers)[name]

    def having(self, name: str, value: str) -> Sent:
        """With this header in place of any of that name."""
        return self.without(name).also_having(name, value)

    def also_having(self, name: str, value: str) -> Sent:
        return replace(self, headers=[*self.headers, (name, value)])

    def without(self, name: str) -> Sent:
        return replace(self, headers=[pair for pair in self.headers if pair[0] != name])

    def to(self, server: Server) -> Answer:
        return ask(server.port, self.method, self.target, self.headers, self.body)


def signed(server: Server, **changes: object) -> Sent:
    """A request that holds, signed by the SDK."""
    return sealed(Sent([]), server, **changes)


def sealed(sent: Sent, server: Server, **changes: object) -> Sent:
    """The same request, signed by the SDK."""
    return replace(sent, headers=list(sign(server, sent.method, sent.target, sent.body, **changes).items()))


@dataclass(frozen=True)
class Refusal:
    name: str
    status: int
    code: str
    make: Callable[[Server], Sent]


@dataclass(frozen=True)
class WrappingSigner:
    """Signs as a browser wallet does."""

    ss58_address: str = SDK_ALICE["sr25519"].ss58_address
    public_key: bytes = SDK_ALICE["sr25519"].public_key
    crypto_type: int = 1

    def sign(self, payload: bytes) -> bytes:
        return SDK_ALICE["sr25519"].sign(b"<Bytes>" + payload + b"</Bytes>")


def _changed(name: str, **changes: object) -> Refusal:
    """Something is not what was signed."""
    return Refusal(f"changed-{name}", 401, "bad_signature", lambda server: replace(signed(server), **changes))


def _header(name: str, status: int, code: str, header: str, value: str | Callable[[str], str]) -> Refusal:
    """A header says something else."""

    def make(server: Server) -> Sent:
        sent = signed(server)
        return sent.having(header, value if isinstance(value, str) else value(sent.value(header)))

    return Refusal(name, status, code, make)


def _missing(header: str) -> Refusal:
    return Refusal(f"without-{header}", 400, "missing_header", lambda server: signed(server).without(header))


def _twice(header: str, spelling: str) -> Refusal:
    """Servers join or keep such pairs; a dictionary would silently drop one."""

    def make(server: Server) -> Sent:
        sent = signed(server)
        return sent.also_having(spelling, sent.value(header))

    return Refusal(f"twice-{spelling}", 400, "duplicate_header", make)


def _aged(name: str, seconds: float) -> Refusal:
    return Refusal(
        name,
        401,
        "stale_request",
        lambda server: signed(server, nonce_ns=time.time_ns() - int(seconds * SECOND)),
    )


def _of_size(name: str, size: int) -> Refusal:
    return Refusal(
        name, 413, "payload_too_large", lambda server: sealed(Sent([], target="/echo", body=b"x" * size), server)
    )


def _with_target(name: str, signed_target: str, sent_target: str) -> Refusal:
    return Refusal(
        name,
        401,
        "bad_signature",
        lambda server: replace(sealed(Sent([], target=signed_target), server), target=sent_target),
    )


REFUSALS = [
    Refusal("no-credentials", 401, "missing_credentials", lambda server: Sent([])),
    Refusal("other-credentials", 401, "missing_credentials", lambda server: Sent([("Authorization", "Basic YTpi")])),
    _changed("body", body=b'{"prompt": "hullo"}'),
    _changed("body-to-none", body=b""),
    _changed("method", method="PUT"),
    _changed("query", target="/echo/a?b=1&c=3"),
    _changed("query-order", target="/echo/a?c=2&b=1"),
    _changed("query-to-none", target="/echo/a"),
    _changed("path", target="/echo/b?b=1&c=2"),
    _changed("path-by-a-slash", target="/echo//a?b=1&c=2"),
    _with_target("changed-escape-case", "/echo/a%2Fb", "/echo/a%2fb"),
    _with_target("changed-escape", "/echo/a%7Eb", "/echo/a~b"),
    _with_target("decoded-target-signed", "/echo/a b", "/echo/a%20b"),
    _with_target("path-without-query-signed", "/echo/a", "/echo/a?b=1"),
    _with_target("changed-dot-segment", "/echo/b", "/echo/a/../b"),
    Refusal("wrong-receiver", 401, "wrong_receiver", lambda server: signed(server, receiver_ss58=STRANGER)),
    Refusal(
        "redirected", 401, "bad_signature", lambda s: signed(s, receiver_ss58=STRANGER).having(RECEIVER, s.receiver)
    ),
    Refusal("unbound", 401, "unbound_request", lambda server: signed(server, receiver_ss58=None)),
    Refusal("empty-receiver", 401, "wrong_receiver", lambda server: signed(server, receiver_ss58="")),
    _aged("stale", 11),
    _aged("an-hour-old", 3_600),
    _aged("from-the-future", -4),
    Refusal("nonce-in-ms", 401, "stale_request", lambda s: signed(s, nonce_ns=time.time_ns() // 1_000_000)),
    Refusal("wrapped", 401, "bad_signature", lambda server: signed(server, wallet=WrappingSigner())),
    Refusal(
        "undeclared-ed25519", 401, "bad_signature", lambda s: signed(s, wallet=SDK_ALICE["ed25519"]).without(CRYPTO)
    ),
    _header("another-sender", 401, "bad_signature", HOTKEY, STRANGER),
    _header("signature-of-zeros", 401, "bad_signature", SIGNATURE, "0x" + "0" * 128),
    Refusal("sr25519-as-ed25519", 401, "bad_signature", lambda server: signed(server).having(CRYPTO, "ed25519")),
    Refusal("hashed-scheme", 400, "unknown_scheme", lambda server: signed(server).having(CRYPTO, "hashed")),
    _header("version-2", 400, "unsupported_version", VERSION, "2"),
    _header("hex-hotkey", 400, "malformed_hotkey", HOTKEY, "0x" + SDK_ALICE["sr25519"].public_key.hex()),
    _header("long-hotkey", 400, "header_too_long", HOTKEY, "5" * 8_000),
    _header("word-as-nonce", 400, "malformed_nonce", NONCE, "now"),
    _header("nonce-with-sign", 400, "malformed_nonce", NONCE, lambda nonce: f"+{nonce}"),
    _header("non-ascii-nonce", 400, "malformed_nonce", NONCE, "²"),
    _header("short-signature", 400, "malformed_signature", SIGNATURE, lambda signature: signature[:-2]),
    _header("typed-signature", 400, "malformed_signature", SIGNATURE, lambda signature: "0x01" + signature[2:]),
    _header("folded-signature", 400, "malformed_signature", SIGNATURE, lambda signature: f"{signature}, {signature}"),
    *map(_missing, (VERSION, HOTKEY, NONCE, SIGNATURE)),
    *(_twice(name, name) for name in (VERSION, HOTKEY, RECEIVER, NONCE, SIGNATURE)),
    *(_twice(name, name.lower()) for name in (HOTKEY, SIGNATURE)),
    _of_size("body-one-over-the-limit", LIMIT + 1),
    _of_size("body-far-over-the-limit", 8 * LIMIT),
]
