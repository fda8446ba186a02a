"""Requests as the chain's own SDK signs them, and the ways to change one afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bittensor.http_auth import sign
from bittensor_core import CRYPTO_ED25519, CRYPTO_SR25519, Keypair

from vectors import SEEDS

CRYPTO_TYPES = {"sr25519": CRYPTO_SR25519, "ed25519": CRYPTO_ED25519}
KEYS = {
    (name, scheme): Keypair.from_seed(bytes.fromhex(seed), CRYPTO_TYPES[scheme])
    for (name, scheme), seed in SEEDS.items()
}
ALICE = KEYS["Alice", "sr25519"]
BOB = KEYS["Bob", "sr25519"].ss58_address
CHARLIE = Keypair.from_uri("//Charlie", CRYPTO_SR25519).ss58_address
SENDERS = [("sr25519", ALICE, []), ("ed25519", KEYS["Alice", "ed25519"], ["ed25519"])]
NONCE = 1752076800000000000

HOTKEY = "X-Bittensor-Hotkey"
RECEIVER = "X-Bittensor-Receiver"
NONCE_HEADER = "X-Bittensor-Nonce"
CRYPTO = "X-Bittensor-Crypto"
SIGNATURE = "X-Bittensor-Signature"


@dataclass(frozen=True)
class Signer:
    """A signer as the SDK takes it: a key that signs other bytes, or calls itself by another address."""

    key: Keypair = ALICE
    ss58_address: str = ALICE.ss58_address
    change: Callable[[bytes], bytes] = bytes

    @property
    def crypto_type(self) -> int:
        return self.key.crypto_type

    @property
    def public_key(self) -> bytes:
        return self.key.public_key

    def sign(self, payload: bytes) -> bytes:
        return self.key.sign(self.change(payload))


@dataclass(frozen=True)
class Request:
    """A request as the verifier sees it at `now`; every change makes a new one."""

    headers: list[list[str]]
    method: str
    target: str
    body: bytes
    now: int
    caller: bytes

    def value(self, name: str) -> str:
        return dict(self.headers)[name]

    def having(self, name: str, value: str) -> Request:
        """The request with this header in place of any of that name."""
        return self.without(name).also_having(name, value)

    def also_having(self, name: str, value: str) -> Request:
        """The request with one more header."""
        return replace(self, headers=[*self.headers, [name, value]])

    def without(self, name: str) -> Request:
        return replace(self, headers=[header for header in self.headers if header[0] != name])

    def resigned(self, change: Callable[[bytes], bytes]) -> Request:
        """The request with its signature bytes changed."""
        signature = bytes.fromhex(self.value(SIGNATURE).removeprefix("0x"))
        return self.having(SIGNATURE, "0x" + change(signature).hex())


def signed(
    key: Keypair | Signer = ALICE,
    *,
    method: str = "POST",
    target: str = "/generate?stream=false",
    body: bytes = b'{"prompt": "hello"}',
    receiver: str | None = BOB,
    nonce: int = NONCE,
    now: int | None = None,
) -> Request:
    """A request that the SDK signed, seen at the time of signing unless told otherwise."""
    headers = sign(key, method=method, path=target, body=body, receiver_ss58=receiver, nonce_ns=nonce)
    pairs = [[name, value] for name, value in headers.items()]
    return Request(pairs, method, target, body, nonce if now is None else now, key.public_key)


def get(target: str) -> dict:
    """The inputs of `signed` for a GET without a body."""
    return {"method": "GET", "target": target, "body": b""}


def case(name: str, comment: str, flags: list[str], request: Request, expect: str = "ok") -> dict:
    """One case of a vector file; a case that passes names its caller."""
    return {
        "id": f"bittensor-{name}",
        "comment": comment,
        "flags": sorted(flags),
        "headers": request.headers,
        "method": request.method,
        "target": request.target,
        "body": request.body.hex(),
        "now": str(request.now),
        **({"caller": request.caller.hex()} if expect == "ok" else {}),
        "expect": expect,
    }
