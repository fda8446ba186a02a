"""Requests changed after signing, and signatures over other bytes than the canonical payload."""

import hashlib
from dataclasses import replace

from sdk import (
    BOB,
    CHARLIE,
    HOTKEY,
    KEYS,
    NONCE,
    NONCE_HEADER,
    RECEIVER,
    SENDERS,
    SIGNATURE,
    Signer,
    case,
    get,
    signed,
)

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def _high_scalar(signature):
    """The same signature with s + L for s; the marker bit, if any, stays."""
    s = int.from_bytes(signature[32:], "little")
    marker = s & 1 << 255
    return signature[:32] + ((s - marker + ED25519_ORDER) | marker).to_bytes(32, "little")


def tampered():
    for scheme, key, extra in SENDERS:
        post = signed(key)
        search = signed(key, **get("/a%2Fb/c?x=1&y=2"))
        bob = KEYS["Bob", scheme].ss58_address
        for name, comment, request in [
            ("method", "POST became PUT", replace(post, method="PUT")),
            ("head", "GET became HEAD", replace(search, method="HEAD")),
            ("path", "Another path", replace(post, target="/generated?stream=false")),
            ("path-case", "The path in upper case", replace(post, target="/GENERATE?stream=false")),
            ("query-value", "Another query value", replace(post, target="/generate?stream=true")),
            ("query-gone", "The query is gone", replace(post, target="/generate")),
            ("query-order", "The query in another order", replace(search, target="/a%2Fb/c?y=2&x=1")),
            ("percent-case", "The encoding in lower case", replace(search, target="/a%2fb/c?x=1&y=2")),
            ("percent-decoded", "The encoding resolved", replace(search, target="/a/b/c?x=1&y=2")),
            ("bare-query", "A question mark appended", replace(signed(key, **get("/x")), target="/x?")),
            ("normalised", "Dot segments resolved", replace(signed(key, **get("/a/../b")), target="/b")),
            ("slash-merged", "Two slashes became one", replace(signed(key, **get("//a")), target="/a")),
            ("body-byte", "One letter of the body changed", replace(post, body=b'{"prompt": "hallo"}')),
            ("body-gone", "The body is gone", replace(post, body=b"")),
            ("body-added", "A body where none was signed", replace(search, body=b"x")),
            ("body-newline", "A line feed after the body", replace(post, body=post.body + b"\n")),
            ("body-reformatted", "Equal JSON, other bytes", replace(post, body=b'{"prompt":"hello"}')),
            ("nonce", "One nanosecond later", post.having(NONCE_HEADER, str(NONCE + 1))),
            ("sender", "Another sender", post.having(HOTKEY, bob)),
            ("receiver", "Meant for another", signed(key, receiver=CHARLIE).having(RECEIVER, BOB)),
            ("bound-later", "Bound after signing", signed(key, receiver=None).having(RECEIVER, BOB)),
            ("other-request", "Another request's signature", post.having(SIGNATURE, search.value(SIGNATURE))),
            (
                "bit",
                "A bit of the signature flipped",
                post.resigned(lambda s: s[:40] + bytes([s[40] ^ 1]) + s[41:]),
            ),
            ("zero", "An all-zero signature", post.resigned(lambda s: bytes(64))),
            ("high-scalar", "The group order added to s", post.resigned(_high_scalar)),
        ]:
            yield case(f"{scheme}-tampered-{name}", comment, ["tampered", *extra], request, "bad_signature")
    unmarked = signed().resigned(lambda s: s[:63] + bytes([s[63] & 0x7F]))
    yield case("sr25519-tampered-marker", "The marker bit cleared", ["tampered"], unmarked, "bad_signature")


def payloads():
    digest = hashlib.sha256(signed().body).hexdigest().encode()
    altered = ["altered-payload"]
    for scheme, key, extra in SENDERS:
        for name, comment, flags, change in [
            ("wrapped", "Inside <Bytes>", ["wrapped"], lambda p: b"<Bytes>" + p + b"</Bytes>"),
            ("wrapped-twice", "Twice", ["wrapped"], lambda p: b"<Bytes><Bytes>" + p + b"</Bytes></Bytes>"),
            ("trailing-line-feed", "A line feed at the end", altered, lambda p: p + b"\n"),
            ("carriage-returns", "Lines end in CR LF", altered, lambda p: p.replace(b"\n", b"\r\n")),
            ("lower-method", "The method in lower case", altered, lambda p: p.replace(b"POST", b"post")),
            (
                "upper-digest",
                "The digest in upper case",
                altered,
                lambda p: p.replace(digest, digest.upper()),
            ),
            ("hashed", "The payload's SHA-256", altered, lambda p: hashlib.sha256(p).digest()),
            ("other-protocol", "Another first line", altered, lambda p: p.replace(b"btauth/1", b"btauth/2")),
        ]:
            request = signed(Signer(key, key.ss58_address, change))
            yield case(f"{scheme}-payload-{name}", comment, [*flags, *extra], request, "bad_signature")
