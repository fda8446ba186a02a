"""T40 to T43: one key under many names, a key that anybody can sign for, and text that lenient parsers read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from bittensor_auth import (
    BittensorAuthError,
    Hotkey,
    Keypair,
    MemoryStore,
    Policy,
    Verifier,
)
from bittensor_auth.asgi import HotkeyAuth
from support.callers import Caller
from support.people import code_of
from support.wire_format import public_key_of, request_message, ss58

RECEIVER = Keypair.generate("sr25519").ss58_address
NOBODY = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
"""The address of 32 zero bytes, the identity of the group."""
FITS_EVERYTHING = "0x" + "00" * 63 + "80"
"""The one signature that fits every message of that key."""


def verifier(**settings: Any) -> Verifier:
    return Verifier(RECEIVER, store=MemoryStore(nothing_accepted_before=True), **settings)


def code(verifier: Verifier, headers: dict[str, str]) -> str:
    try:
        verifier.verify(headers, method="POST", target="/score")
    except BittensorAuthError as refused:
        return refused.code
    return "ok"


def as_alias(caller: Caller, alias: str) -> dict[str, str]:
    """A request of the caller under another spelling of its address, honestly signed with it."""
    headers = {**caller.headers(), "X-Bittensor-Hotkey": alias}
    signature = caller.keypair.sign(request_message(headers, "POST", "/score"))
    return {**headers, "X-Bittensor-Signature": "0x" + signature.hex()}


# T40


def test_t40_one_of_16384_prefixes_is_an_address() -> None:
    caller = Caller(RECEIVER)
    key = caller.keypair.public_key
    assert ss58(key, 42) == caller.address, "the encoder of this test is right"
    service = verifier()
    codes = {prefix: code(service, as_alias(caller, ss58(key, prefix))) for prefix in range(16_384)}
    assert {prefix for prefix, outcome in codes.items() if outcome == "ok"} == {42}
    assert set(codes.values()) == {"ok", "malformed_hotkey"}


def aliases(key: bytes) -> dict[str, str]:
    good = ss58(key, 42)
    return {
        "42 in two bytes": ss58(key, 42, two_bytes=True),
        "0 in two bytes": ss58(key, 0, two_bytes=True),
        "hex": "0x" + key.hex(),
        "a leading 1": "1" + good,
        "a space": good + " ",
        "lower case": good.lower(),
        "another checksum": good[:-1] + ("1" if good[-1] != "1" else "2"),
        "a trailing NUL": good + "\x00",
    }


@pytest.mark.parametrize("kind", aliases(bytes(32)))
def test_t40_no_other_spelling_is_an_address(kind: str) -> None:
    caller = Caller(RECEIVER)
    alias = aliases(caller.keypair.public_key)[kind]
    assert code(verifier(), as_alias(caller, alias)) == "malformed_hotkey"
    with pytest.raises(BittensorAuthError):
        Hotkey(alias)
    with pytest.raises(BittensorAuthError):
        Policy.any_hotkey().deny([alias])


def test_t40_a_receiver_has_one_spelling_too() -> None:
    caller = Caller(RECEIVER)
    alias = ss58(Hotkey(RECEIVER).public_key, 0)
    headers = {**caller.headers(), "X-Bittensor-Receiver": alias}
    headers["X-Bittensor-Signature"] = "0x" + caller.keypair.sign(request_message(headers, "POST", "/score")).hex()
    assert code(verifier(), headers) == "wrong_receiver"


def test_t40_works_where_an_address_is_only_decoded() -> None:
    """A login text that does not name the hotkey: one signature is good for every name of the key, the ban for one."""
    keypair = Keypair.generate("sr25519")
    signature = keypair.sign(b"Please sign: 4f1c20")
    banned = {keypair.ss58_address}

    def naive(address: str) -> bool:
        Hotkey.from_public_key(public_key_of(address)).verify(b"Please sign: 4f1c20", signature, "sr25519")
        return address not in banned

    welcome = [naive(ss58(keypair.public_key, prefix)) for prefix in range(300)]
    assert welcome.count(True) == 299


# T41


def test_t41_a_key_that_anybody_can_sign_for_proves_nothing() -> None:
    headers = {**Caller(RECEIVER).headers(), "X-Bittensor-Hotkey": NOBODY, "X-Bittensor-Signature": FITS_EVERYTHING}
    assert code(verifier(), headers) == "weak_key"
    with pytest.raises(BittensorAuthError) as refused:
        Hotkey(NOBODY).verify(b"any message", bytes.fromhex(FITS_EVERYTHING[2:]), "sr25519")
    assert refused.value.code == "weak_key"
    assert Hotkey(NOBODY).public_key == bytes(32)


def test_t41_nor_does_it_log_in() -> None:
    auth = HotkeyAuth(
        RECEIVER, store=MemoryStore(nothing_accepted_before=True), origin="https://dash.example.org", secret=b"s" * 32
    )

    async def log_in() -> str:
        challenge = await auth.challenge((), json.dumps({"hotkey": NOBODY}).encode())
        fields = {"hotkey": NOBODY, "sealed": challenge["sealed"], "signature": FITS_EVERYTHING}
        return await code_of(auth.log_in((), json.dumps(fields).encode()))

    assert asyncio.run(log_in()) == "weak_key"


@pytest.mark.parametrize("key", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "00" * 31 + "80"])
def test_t41_small_ed25519_keys_prove_nothing_either(key: str) -> None:
    """Points of small order: for some of them a constant signature fits many messages."""
    hotkey = Hotkey.from_public_key(bytes.fromhex(key))
    for signature in (bytes(64), bytes.fromhex(key) + bytes(32), b"\x01" + bytes(63)):
        with pytest.raises(BittensorAuthError) as refused:
            hotkey.verify(b"any message", signature, "ed25519")
        assert refused.value.code in ("weak_key", "bad_signature")


# T43


LENIENT = {
    ("Nonce", "malformed_nonce"): [
        " {}", "{} ", "+{}", "-{}", "0{}", "000{}", "{}.0", "{}L", "{}e0", "1_{}", "{}\n", "{}\x00",
    ],
    ("Signature", "malformed_signature"): [
        "0X{}", "0x0x{}", "0x {}", "0x{} ", "0x{}00", " 0x{}", "0x{}\n", "0x+{}",
    ],
    ("Version", "unsupported_version"): [" {}", "{} ", "+{}", "0{}", "{}.0", "v{}"],
    ("Crypto", "unknown_scheme"): ["SR25519", "Sr25519", " sr25519", "1", "0", "", "sr25519\x00", "ecdsa"],
}  # fmt: skip
"""Spellings that lenient parsers take for the real value, which stands for `{}`."""


@pytest.mark.parametrize(
    ("name", "expected", "template"), [(*header, template) for header, all_ in LENIENT.items() for template in all_]
)
def test_t43_each_value_has_one_spelling(name: str, expected: str, template: str) -> None:
    caller = Caller(RECEIVER)
    headers = caller.headers()
    value = headers.get(f"X-Bittensor-{name}", "").removeprefix("0x")
    spelled = {**headers, f"X-Bittensor-{name}": template.format(value)}
    # Signed as it is spelled, so that nothing but the spelling is wrong.
    if name != "Signature":
        signature = caller.keypair.sign(request_message(spelled, "POST", "/score"))
        spelled["X-Bittensor-Signature"] = "0x" + signature.hex()
    service = verifier()
    assert code(service, spelled) == expected
    assert code(service, headers) == "ok"


@pytest.mark.parametrize("digits", ["١٧٥٢٠٧٦٨٠٠٠٠٠٠٠٠٠٠٠", "１７５２０７６８００００００００００"])
def test_t43_digits_of_other_scripts_are_no_digits(digits: str) -> None:
    assert int(digits) > 0, "a lenient parser reads them"
    assert code(verifier(), {**Caller(RECEIVER).headers(), "X-Bittensor-Nonce": digits}) == "malformed_nonce"


def test_t43_works_where_a_number_is_parsed_and_its_text_is_remembered() -> None:
    remembered: set[str] = set()
    accepted = 0
    for text in ("1795000000", " 1795000000", "+1795000000", "01795000000", "1_795_000_000", "1795000000\n"):
        signed_the_same = int(text) == 1_795_000_000
        if signed_the_same and text not in remembered:
            remembered.add(text)
            accepted += 1
    assert accepted == 6, "one signature, six requests"
