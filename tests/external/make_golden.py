"""Writes `golden.json`: the published requests G1, G2 and G3 with their recorded signatures."""

import hashlib

from bittensor.http_auth import build_payload

from sdk import BOB, KEYS, NONCE
from vectors import verifier, write

NOTES = {
    "published": "The request is printed in the public guide to signed requests.",
    "recorded": "The signature is randomised: this one is to be verified, and none can be made equal to it.",
    "deterministic": "A signer must arrive at exactly these signature bytes.",
    "unbound": "The request names no receiver.",
}

PROMPT = b'{"prompt": "hello"}'

G1 = (
    "b64bc39cc586b3f3c193d3b290215d78fb5be0c10f6525c7af4b329970a4aa27"
    "9bde2dd6cab368d62e90b1b469e91330935c8d48a8dbb6412d15b3a2ecc0ee81"
)
G2 = (
    "1a6b631988bf1f7ea093ab9d5acf61f05c316d0b0e428b24b487b75a5f6ee0e1"
    "a56a26918fdf871b6cf09437e6588023a4ce423cf622621b2a7feee17612f704"
)
G3 = (
    "ee6bf5efc47d4d213a16665c315ed6c50eaa279a70d37eaff7cead1af41157f0"
    "c08bedd212128e6fbe21da1cbb529102e4cd11db0956bb731f888411ebd4bf05"
)


def golden(name, comment, flags, *, scheme, method, target, body, receiver, signature, payload_sha256):
    alice = KEYS["Alice", scheme]
    payload = build_payload(
        scheme=scheme,
        method=method,
        path=target,
        body=body,
        nonce_ns=NONCE,
        sender_ss58=alice.ss58_address,
        receiver_ss58=receiver,
    )
    assert hashlib.sha256(payload).hexdigest() == payload_sha256, name
    if scheme == "ed25519":
        assert alice.sign(payload).hex() == signature, name
    headers = [
        ["X-Bittensor-Version", "1"],
        ["X-Bittensor-Hotkey", alice.ss58_address],
        ["X-Bittensor-Nonce", str(NONCE)],
        ["X-Bittensor-Signature", "0x" + signature],
    ]
    if scheme != "sr25519":
        headers.append(["X-Bittensor-Crypto", scheme])
    if receiver:
        headers.append(["X-Bittensor-Receiver", receiver])
    return {
        "id": f"golden-{name}",
        "comment": comment,
        "flags": flags,
        "headers": headers,
        "method": method,
        "target": target,
        "body": body.hex(),
        "now": str(NONCE),
        "caller": alice.public_key.hex(),
        "expect": "ok",
    }


POST = {"method": "POST", "target": "/generate?stream=false", "body": PROMPT, "receiver": BOB}

write(
    "golden",
    "requests",
    NOTES,
    [
        {
            "source": {"name": "subtensor signed-requests guide", "version": "2026-11"},
            "verifier": verifier([BOB]),
            "cases": [
                golden(
                    "g1-sr25519",
                    "G1; the signature was made with bittensor 11.3.0",
                    ["published", "recorded"],
                    scheme="sr25519",
                    signature=G1,
                    **POST,
                    payload_sha256="baf86fd1c333d473ab47b43f8dbd682d51df91b5db8ec09ee06d86f80f4075fd",
                ),
                golden(
                    "g2-ed25519",
                    "G2, payload and signature as published",
                    ["published", "deterministic"],
                    scheme="ed25519",
                    signature=G2,
                    **POST,
                    payload_sha256="ade0f7048e8b6c022c3de88fa8edd9c64a91390b77c9a059f716c0b1f0a1ac13",
                ),
            ],
        },
        {
            "source": {"name": "bittensor-core", "version": "0.1.5"},
            "verifier": verifier([BOB], unbound=True),
            "cases": [
                golden(
                    "g3-ed25519-unbound",
                    "G3: a GET without body and without receiver",
                    ["deterministic", "unbound"],
                    scheme="ed25519",
                    method="GET",
                    target="/",
                    body=b"",
                    receiver=None,
                    signature=G3,
                    payload_sha256="bc00e5ae3398d0df78d14682684b1ce9fd0359916ddf2aef348de19bbe41647a",
                ),
            ],
        },
    ],
)
