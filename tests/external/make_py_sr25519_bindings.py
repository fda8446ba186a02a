"""Writes `py-sr25519-bindings.json`: signatures by schnorrkel in its older Python binding."""

from importlib.metadata import version

import sr25519

from vectors import SEEDS, write

NOTES = {
    "binary": "The message is no text.",
    "encoding": "The signature's bytes no longer are those of a signature.",
    "login": "Verified as a login, where one <Bytes> wrapping is allowed.",
    "tampered": "Message, key or signature was changed after signing.",
    "text": "The message is UTF-8 text.",
    "weak-key": "One constant signature fits every message under this key.",
    "wrapped": "The signature stands over <Bytes>message</Bytes>.",
}

ALICE = sr25519.pair_from_seed(bytes.fromhex(SEEDS["Alice", "sr25519"]))
BOB = sr25519.pair_from_seed(bytes.fromhex(SEEDS["Bob", "sr25519"]))
ORDER = 2**252 + 27742317777372353535851937790883648493
MESSAGE = bytes(i * 5 % 256 for i in range(120))
TEXT = "Grüße an die 世界 🤖\n".encode()
WRAPPED = b"<Bytes>" + TEXT + b"</Bytes>"


def case(name, comment, flags, message, signature=None, expect="ok", *, key=ALICE[0], form="request"):
    return {
        "id": f"py-sr25519-bindings-{name}",
        "comment": comment,
        "flags": flags,
        "scheme": "sr25519",
        "public_key": key.hex(),
        "message": message.hex(),
        "form": form,
        "signature": (sr25519.sign(ALICE, message) if signature is None else signature).hex(),
        "expect": expect,
    }


def accepted():
    for length in (0, 1, 32, 120, 256, 1000):
        message = bytes(i * 5 % 256 for i in range(length))
        yield case(f"length-{length}", f"A message of {length} bytes", ["binary"], message)
    yield case("unicode", "Text in several scripts", ["text"], TEXT)
    yield case("bob", "Another key", ["binary"], MESSAGE, sr25519.sign(BOB, MESSAGE), key=BOB[0])
    yield case("login-plain", "A login, signed plainly", ["login", "text"], TEXT, form="login")
    wrapped = sr25519.sign(ALICE, WRAPPED)
    yield case("login-wrapped", "A login, wrapped", ["login", "text", "wrapped"], TEXT, wrapped, form="login")


def refused():
    good = sr25519.sign(ALICE, MESSAGE)
    marker = 1 << 255
    scalar = int.from_bytes(good[32:], "little") - marker
    high = good[:32] + ((scalar + ORDER) | marker).to_bytes(32, "little")
    for name, comment, flags, message, signature in [
        ("message-bit", "One bit flipped", ["tampered"], MESSAGE[:-1] + bytes([MESSAGE[-1] ^ 1]), good),
        ("message-cut", "The last byte is gone", ["tampered"], MESSAGE[:-1], good),
        ("message-gone", "The message became empty", ["tampered"], b"", good),
        ("point-bit", "A bit of R flipped", ["tampered"], MESSAGE, bytes([good[0] ^ 2]) + good[1:]),
        (
            "scalar-bit",
            "A bit of s flipped",
            ["tampered"],
            MESSAGE,
            good[:50] + bytes([good[50] ^ 8]) + good[51:],
        ),
        ("other-signer", "Signed by another key", ["tampered"], MESSAGE, sr25519.sign(BOB, MESSAGE)),
        ("wrapped", "Wrapped, as a request", ["text", "wrapped"], TEXT, sr25519.sign(ALICE, WRAPPED)),
        ("marker", "The marker bit cleared", ["encoding"], MESSAGE, good[:63] + bytes([good[63] & 0x7F])),
        ("high-scalar", "The group order added to s", ["encoding"], MESSAGE, high),
        ("no-point", "R is no point", ["encoding"], MESSAGE, b"\xff" * 32 + good[32:]),
        ("zero", "Zero in both halves, marked", ["encoding"], MESSAGE, bytes(63) + b"\x80"),
    ]:
        yield case(name, comment, flags, message, signature, "bad_signature")
    for name, comment, signature in [
        ("63-bytes", "The last byte is gone", good[:63]),
        ("65-bytes", "One byte too many", good + b"\0"),
        ("32-bytes", "Half a signature", good[:32]),
        ("empty", "No signature", b""),
    ]:
        yield case(name, comment, ["encoding"], MESSAGE, signature, "malformed_signature")
    constant = bytes(63) + b"\x80"
    yield case("weak-key", "The neutral element", ["weak-key"], MESSAGE, constant, "weak_key", key=bytes(32))


source = {"name": "py-sr25519-bindings", "version": version("py-sr25519-bindings")}
write("py-sr25519-bindings", "signatures", NOTES, [{"source": source, "cases": [*accepted(), *refused()]}])
