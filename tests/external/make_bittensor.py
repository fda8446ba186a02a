"""Writes `bittensor.json`: requests signed by the chain's own SDK, and what may not become of them."""

from dataclasses import replace
from importlib.metadata import version

from bittensor_core import CRYPTO_ED25519, Keypair, ss58_encode

from sdk import (
    ALICE,
    BOB,
    CHARLIE,
    CRYPTO,
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
from tampering import payloads, tampered
from vectors import verifier, write

NOTES = {
    "altered-payload": "The signature stands over bytes that are almost the canonical payload.",
    "body": "The case is about the body.",
    "ed25519": "The sender signs with ed25519, so the SDK names the scheme in a header.",
    "header-shape": "Headers were removed, repeated or rewritten after signing.",
    "method": "The case is about the method.",
    "percent-encoding": "The target has percent signs, signed as they stand.",
    "query": "The target has a query.",
    "raw-target": "The target is one that URL libraries rewrite; it is signed as it stands.",
    "receiver": "The case is about who the request is for.",
    "scheme": "The case is about the signature scheme.",
    "tampered": "Something that the signature covers, or the signature, was changed after signing.",
    "weak-key": "One constant signature fits every message under this key.",
    "window": "The case is about the age of the request.",
    "wrapped": "The signature stands over the payload inside <Bytes>…</Bytes>, as wallets sign.",
}

SECOND = 1_000_000_000

BOB_ED25519 = KEYS["Bob", "ed25519"].ss58_address
BOB_ELSEWHERE = ss58_encode(KEYS["Bob", "sr25519"].public_key, 0)
ALICE_ELSEWHERE = ss58_encode(ALICE.public_key, 0)
# The public key of this ed25519 pair is a valid sr25519 key too, so only the signature can be at fault.
TWO_FACED = Keypair.from_uri("//Alice//9", CRYPTO_ED25519)

ACCEPTED = [
    ("get-no-body", "A GET without a body", [], get("/")),
    ("get-query", "A GET with a query", ["query"], get("/v1/scores?uid=7&limit=50")),
    ("query-order", "Repeated and unordered query keys", ["query"], get("/q?b=2&a=1&b=3&&a=")),
    ("query-bare", "A bare question mark belongs to the target", ["query", "raw-target"], get("/x?")),
    ("query-twice", "A second question mark is part of the query", ["query"], get("/x?a=?b=/?")),
    (
        "query-punctuation",
        "Punctuation that needs no encoding",
        ["query"],
        get("/x?a=1+2;b=[3]:@&c=(4)*~!$,"),
    ),
    ("encoded-slash", "An encoded slash", ["percent-encoding"], get("/files/a%2Fb")),
    ("encoded-slash-lower", "The same in lower-case hex", ["percent-encoding"], get("/files/a%2fb")),
    ("encoded-space", "Encoded spaces", ["percent-encoding", "query"], get("/a%20b?q=c%20d")),
    ("encoded-unicode", "Encoded UTF-8", ["percent-encoding", "query"], get("/caf%C3%A9?q=%F0%9F%A4%96")),
    ("encoded-newline", "An encoded line feed stays encoded", ["percent-encoding"], get("/a%0Ab")),
    ("encoded-hash", "An encoded hash sign", ["percent-encoding"], get("/a%23b")),
    ("encoded-unreserved", "Encoded without need", ["percent-encoding", "raw-target"], get("/%7Euser/%61")),
    ("encoded-broken", "Percent signs that encode nothing", ["percent-encoding"], get("/100%/x%zz")),
    ("dot-segments", "Dot segments stay", ["raw-target"], get("/a/./b/../c")),
    ("double-slash", "Empty segments stay", ["raw-target"], get("//a//b/")),
    ("raw-punctuation", "Raw punctuation", ["query", "raw-target"], get("/a\"b|c?d='{e}\\^`<>")),
    ("long-target", "A target of 2,000 bytes", ["query"], get("/search?q=" + "0123456789" * 199)),
    ("post-json", "A POST with JSON", ["body"], {}),
    ("post-no-body", "A POST without a body", ["body"], {"body": b""}),
    ("binary-body", "All 256 byte values", ["body"], {"body": bytes(range(256))}),
    ("utf8-body", "UTF-8 text with a line end", ["body"], {"body": "Grüße, 世界 🤖\r\n".encode()}),
    ("newline-body", "One line feed", ["body"], {"body": b"\n"}),
    ("large-body", "2,048 bytes", ["body"], {"body": bytes(i * i % 251 for i in range(2048))}),
    ("get-with-body", "A GET with a body", ["body"], {**get("/search"), "body": b'{"q":1}'}),
    ("receiver-ed25519", "Bound to our ed25519 key", ["receiver"], {"receiver": BOB_ED25519}),
]


def accepted():
    for scheme, key, extra in SENDERS:
        for name, comment, flags, inputs in ACCEPTED:
            yield case(f"{scheme}-{name}", comment, [*flags, *extra], signed(key, **inputs))


def methods():
    for method in ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "M-SEARCH"):
        yield case(f"method-{method.lower()}", f"Method {method}", ["method"], signed(method=method))
    yield case("method-lower-case", "Signed in upper case all the same", ["method"], signed(method="post"))
    yield case("method-longest", "A method of 32 bytes", ["method"], signed(method="X" * 32))
    for name, comment, method in [
        ("too-long", "A method of 33 bytes", "X" * 33),
        ("empty", "An empty method", ""),
        ("space", "A space in the method", "POST X"),
        ("line-feed", "A line feed smuggles a line into the payload", "POST\n/x"),
        ("unicode", "A letter whose upper-case form is two letters", "POß"),
    ]:
        yield case(
            f"method-{name}", comment, ["method"], signed(method=method), "malformed_method"
        )


def targets():
    for name, comment, target in [
        ("line-feed", "A line feed smuggles a line into the payload", "/a\n/b"),
        ("space", "A raw space", "/a b"),
        ("unicode", "A raw letter outside ASCII", "/café"),
        ("fragment", "A fragment", "/a#b"),
        ("absolute", "Absolute form", "http://example.org/a"),
        ("asterisk", "Asterisk form", "*"),
        ("relative", "No leading slash", "a/b"),
        ("empty", "An empty target", ""),
    ]:
        flags = ["raw-target"]
        yield case(f"target-{name}", comment, flags, signed(**get(target)), "malformed_target")


def window(max_age, allowed_skew, prefix=""):
    for name, comment, age, expect in [
        ("now", "Received in the nanosecond of signing", 0, "ok"),
        ("oldest", "Exactly as old as allowed", max_age, "ok"),
        ("too-old", "One nanosecond too old", max_age + 1, "stale_request"),
        ("most-ahead", "Exactly as far ahead as allowed", -allowed_skew, "ok"),
        ("too-far-ahead", "One nanosecond too far ahead", -allowed_skew - 1, "stale_request"),
    ]:
        yield case(f"window-{prefix}{name}", comment, ["window"], signed(now=NONCE + age), expect)


def nonces():
    for name, comment, nonce in [
        ("seconds", "The nonce counts seconds", NONCE // 10**9),
        ("milliseconds", "The nonce counts milliseconds", NONCE // 10**6),
        ("microseconds", "The nonce counts microseconds", NONCE // 10**3),
        ("beyond-64-bits", "20 digits, one above the largest 64-bit integer", 2**64),
    ]:
        yield case(f"nonce-{name}", comment, ["window"], signed(nonce=nonce, now=NONCE), "stale_request")
    for name, comment, nonce in [("zero", "The nonce 0", 0), ("negative", "A negative nonce", -1)]:
        request = signed(nonce=nonce, now=SECOND)
        yield case(f"nonce-{name}", comment, ["header-shape"], request, "malformed_nonce")


def schemes():
    ed25519 = signed(KEYS["Alice", "ed25519"])
    for name, comment, flags, request, expect in [
        ("explicit-sr25519", "The default, written out", [], signed().having(CRYPTO, "sr25519"), "ok"),
        (
            "unnamed",
            "No name reads as sr25519",
            ["ed25519"],
            signed(TWO_FACED).without(CRYPTO),
            "bad_signature",
        ),
        (
            "sr25519-as-ed25519",
            "Declared as ed25519",
            [],
            signed().having(CRYPTO, "ed25519"),
            "bad_signature",
        ),
        (
            "capital",
            "A capital",
            ["ed25519"],
            ed25519.having(CRYPTO, "Ed25519"),
            "unknown_scheme",
        ),
        ("number", "The scheme by number", ["scheme"], signed().having(CRYPTO, "1"), "unknown_scheme"),
        ("ecdsa", "A scheme of other chains", [], signed().having(CRYPTO, "ecdsa"), "unknown_scheme"),
        ("hashed", "A scheme of later SDKs", [], signed().having(CRYPTO, "hashed"), "unknown_scheme"),
        ("mldsa", "A scheme of later SDKs", [], signed().having(CRYPTO, "mldsa"), "unknown_scheme"),
    ]:
        yield case(f"scheme-{name}", comment, ["scheme", *flags], request, expect)


def spellings():
    request = signed()
    signature = request.value(SIGNATURE)
    others = [["Host", "api.example.org"], *reversed(request.headers), ["X-Bittensor-Drand-Round", "7"]]
    for name, comment, spelt in [
        (
            "headers-lower",
            "Names in lower case",
            replace(request, headers=[[n.lower(), v] for n, v in request.headers]),
        ),
        (
            "headers-upper",
            "Names in upper case",
            replace(request, headers=[[n.upper(), v] for n, v in request.headers]),
        ),
        (
            "headers-among-others",
            "In reverse, with a foreign and a reserved one",
            replace(request, headers=others),
        ),
        ("signature-bare", "No 0x before the signature", request.having(SIGNATURE, signature[2:])),
        (
            "signature-upper",
            "The signature in upper case",
            request.having(SIGNATURE, "0x" + signature[2:].upper()),
        ),
    ]:
        yield case(name, comment, ["header-shape"], spelt)


def presence():
    request = signed()
    foreign = replace(request, headers=[["Host", "api.example.org"]])
    yield case("no-headers", "No header of ours at all", ["header-shape"], foreign, "missing_credentials")
    for word in ("Version", "Hotkey", "Nonce", "Signature", "Receiver"):
        name = f"X-Bittensor-{word}"
        twice = request.also_having(name.lower(), request.value(name))
        flags = ["header-shape"]
        yield case(
            f"twice-{word.lower()}", f"{name} twice, in two spellings", flags, twice, "duplicate_header"
        )
        if word != "Receiver":
            missing = request.without(name)
            yield case(f"missing-{word.lower()}", f"No {name}", ["header-shape"], missing, "missing_header")


def values():
    nonce = str(NONCE)
    signature = signed().value(SIGNATURE)
    for name, comment, header, value, expect in [
        ("version-2", "Version 2", "X-Bittensor-Version", "2", "unsupported_version"),
        ("version-01", "A zero before the version", "X-Bittensor-Version", "01", "unsupported_version"),
        ("nonce-exponent", "The nonce in floating point", NONCE_HEADER, "1.7520768e18", "malformed_nonce"),
        ("nonce-hex", "The nonce in hex", NONCE_HEADER, hex(NONCE), "malformed_nonce"),
        ("signature-63-bytes", "The last byte is gone", SIGNATURE, signature[:-2], "malformed_signature"),
        (
            "signature-65-bytes",
            "A type byte in front",
            SIGNATURE,
            "0x01" + signature[2:],
            "malformed_signature",
        ),
        ("signature-odd", "An odd number of digits", SIGNATURE, signature[:-1], "malformed_signature"),
        ("signature-not-hex", "A digit that is none", SIGNATURE, signature[:-1] + "g", "malformed_signature"),
        ("signature-capital-0x", "0X in front", SIGNATURE, "0X" + signature[2:], "malformed_signature"),
        (
            "hotkey-checksum",
            "Another last character",
            HOTKEY,
            ALICE.ss58_address[:-1] + "Z",
            "malformed_hotkey",
        ),
    ]:
        yield case(name, comment, ["header-shape"], signed().having(header, value), expect)
    for name, comment, value in [
        ("plus", "A plus sign before the nonce", "+" + nonce),
        ("leading-zero", "A zero before the nonce", "0" + nonce),
        ("underscore", "An underscore in the nonce", nonce[0] + "_" + nonce[1:]),
    ]:
        request = signed().having(NONCE_HEADER, value)
        yield case(f"nonce-{name}", comment, ["header-shape"], request, "malformed_nonce")
    request = signed(Signer(ss58_address=ALICE_ELSEWHERE))
    flags = ["header-shape"]
    yield case("hotkey-prefix-0", "The sender calls itself by prefix 0", flags, request, "malformed_hotkey")


def weak_keys():
    for (scheme, key, extra), public_key, signature in zip(
        SENDERS, [bytes(32), b"\x01" + bytes(31)], [bytes(63) + b"\x80", b"\x01" + bytes(63)], strict=True
    ):
        request = (
            signed(key).having(HOTKEY, ss58_encode(public_key)).having(SIGNATURE, "0x" + signature.hex())
        )
        comment = "The neutral element as key, with the signature that fits everything"
        yield case(f"{scheme}-weak-key", comment, ["weak-key", *extra], request, "weak_key")


def foreign_receivers(prefix=""):
    for name, comment, receiver in [
        ("other", "Bound to somebody else", CHARLIE),
        ("alias", "Our key, spelt under prefix 0", BOB_ELSEWHERE),
        ("dash", "The payload's sign for no receiver, as a header", "-"),
        ("empty", "An empty receiver header", ""),
    ]:
        yield case(
            f"{prefix}receiver-{name}", comment, ["receiver"], signed(receiver=receiver), "wrong_receiver"
        )


def receiver_wanted():
    yield from foreign_receivers()
    for scheme, key, extra in SENDERS:
        request = signed(key, receiver=None)
        yield case(
            f"{scheme}-no-receiver", "Bound to nobody", ["receiver", *extra], request, "unbound_request"
        )


def receiver_not_wanted():
    yield from foreign_receivers("unbound-")
    for scheme, key, extra in SENDERS:
        free = signed(key, receiver=None)
        for name, comment, flags, request, expect in [
            ("post", "A POST without receiver", [], free, "ok"),
            ("get", "A GET without receiver", [], signed(key, receiver=None, **get("/")), "ok"),
            (
                "query",
                "A query, no receiver",
                ["query"],
                signed(key, receiver=None, **get("/a%2F?b=%20")),
                "ok",
            ),
            ("bound", "Bound to us, which is fine", [], signed(key), "ok"),
            ("body", "Another body", ["tampered"], replace(free, body=b""), "bad_signature"),
            ("target", "Another target", ["tampered"], replace(free, target="/"), "bad_signature"),
            (
                "stripped",
                "The receiver removed",
                ["tampered"],
                signed(key).without(RECEIVER),
                "bad_signature",
            ),
        ]:
            yield case(f"{scheme}-unbound-{name}", comment, ["receiver", *flags, *extra], request, expect)


def one_scheme():
    ed25519 = signed(KEYS["Alice", "ed25519"])
    flags = ["ed25519", "scheme"]
    yield case("only-sr25519-sr25519", "The accepted scheme", ["scheme"], signed())
    yield case("only-sr25519-ed25519", "Known, and not accepted", flags, ed25519, "scheme_not_accepted")


def group(settings, *parts):
    source = {"name": "bittensor", "version": version("bittensor")}
    return {"source": source, "verifier": settings, "cases": [case for part in parts for case in part]}


write(
    "bittensor",
    "requests",
    NOTES,
    [
        group(
            verifier([BOB, BOB_ED25519]),
            accepted(),
            methods(),
            targets(),
            window(10 * SECOND, 2 * SECOND),
            nonces(),
            tampered(),
            payloads(),
            schemes(),
            spellings(),
            presence(),
            values(),
            weak_keys(),
            receiver_wanted(),
        ),
        group(verifier([BOB], unbound=True), receiver_not_wanted()),
        group(verifier([BOB], schemes=("sr25519",)), one_scheme()),
        group(
            verifier([BOB], max_age_ns=SECOND, allowed_skew_ns=SECOND // 2),
            window(SECOND, SECOND // 2, "narrow-"),
        ),
    ],
)
