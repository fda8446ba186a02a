"""T40 to T42: one key under several names, a key that anybody can sign for, and signatures that bend."""

from __future__ import annotations

from collections.abc import Callable

from attack import Target, Verdict, accepted, attack, gets_in
from naive_requests import FITS_EVERYTHING, ORDER
from on_requests import signed_again
from support.callers import Caller
from support.raw_http import ask, json_request, request
from support.wire_format import request_message, ss58

NOBODY = ss58(bytes(32), 42)


def other_names(key: bytes) -> dict[str, str]:
    prefixes = (0, 2, 41, 43, 63, 64, 65, 255, 256, 1284, 13116, 16383)
    names = {f"prefix {prefix}": ss58(key, prefix) for prefix in prefixes}
    return {
        **names,
        "42 in two bytes": ss58(key, 42, two_bytes=True),
        "0 in two bytes": ss58(key, 0, two_bytes=True),
    }


def renamed(name: str) -> None:
    @attack("T40", f"a denied key as {name}", "malformed_hotkey")
    def run(at: Target) -> Verdict:
        """The address is denied, the key is not."""
        caller = Caller(at.receiver, at.denied)
        headers = {**caller.headers(), "X-Bittensor-Hotkey": other_names(caller.keypair.public_key)[name]}
        return gets_in(
            at, request("POST", "/score", signed_again(caller, headers, request_message(headers, "POST", "/score")))
        )


for _name in other_names(bytes(32)):
    renamed(_name)


@attack("T40", "login under another name", "malformed_hotkey")
def renamed_at_login(at: Target) -> Verdict:
    caller = Caller(at.receiver, at.denied)
    address = ss58(caller.keypair.public_key, 0)
    (challenge,) = ask(at.port, json_request("POST", "/auth/challenge", {"hotkey": address}))
    if challenge.status != 200:
        return Verdict(False, challenge)
    return gets_in(
        at, json_request("POST", "/auth/session", {**caller.login_fields(challenge.json()), "hotkey": address})
    )


@attack("T41", "a request by nobody", "weak_key")
def by_nobody(at: Target) -> Verdict:
    forged = {"X-Bittensor-Hotkey": NOBODY, "X-Bittensor-Signature": "0x" + FITS_EVERYTHING.hex()}
    return gets_in(at, request("POST", "/score", {**Caller(at.receiver).headers(), **forged}))


@attack("T41", "a login by nobody", "weak_key")
def nobody_logs_in(at: Target) -> Verdict:
    (challenge,) = ask(at.port, json_request("POST", "/auth/challenge", {"hotkey": NOBODY}))
    fields = {"hotkey": NOBODY, "sealed": challenge.json()["sealed"], "signature": "0x" + FITS_EVERYTHING.hex()}
    return gets_in(at, json_request("POST", "/auth/session", fields))


def bent(name: str, code: str, bend: Callable[[bytes], str]) -> None:
    @attack("T42", name, code)
    def run(at: Target) -> Verdict:
        """A second signature for the same message, made without the key."""
        headers = Caller(at.receiver).headers()
        accepted(at.port, request("POST", "/score", headers))
        signature = bytes.fromhex(headers["X-Bittensor-Signature"][2:])
        return gets_in(at, request("POST", "/score", {**headers, "X-Bittensor-Signature": bend(signature)}))


def _with_scalar(signature: bytes, change: Callable[[int], int]) -> str:
    scalar = change(int.from_bytes(signature[32:], "little"))
    return "0x" + (signature[:32] + scalar.to_bytes(32, "little")).hex()


bent("the scalar plus the order", "bad_signature", lambda signature: _with_scalar(signature, lambda s: s + ORDER))
bent("without its marker", "bad_signature", lambda signature: _with_scalar(signature, lambda s: s & ~(1 << 255)))
bent("in capitals", "replayed_request", lambda signature: "0x" + signature.hex().upper())
bent("without its prefix", "replayed_request", lambda signature: signature.hex())
