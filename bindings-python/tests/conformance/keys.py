"""Who signs in the vectors: the public development keys of Substrate."""

from __future__ import annotations

from bittensor_auth import Hotkey, Keypair, _core

_SEEDS = {
    ("alice", "sr25519"): "e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a",
    ("bob", "sr25519"): "398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89",
    ("alice", "ed25519"): "abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115",
    ("bob", "ed25519"): "3b7b60af2abcd57ba401ab398f84f4ca54bd6b2140d2503fbcf3286535fe3ff1",
}
KEYPAIRS = {name: Keypair.from_seed(bytes.fromhex(seed), name[1]) for name, seed in _SEEDS.items()}
ALICE = KEYPAIRS["alice", "sr25519"]
BOB = KEYPAIRS["bob", "sr25519"]
BY_PUBLIC_KEY = {keypair.public_key: keypair for keypair in KEYPAIRS.values()}
BY_ADDRESS = {keypair.ss58_address: keypair for keypair in KEYPAIRS.values()}


def hotkey(public_key: str) -> Hotkey:
    """The hotkey of a key in hex."""
    return Hotkey.from_public_key(bytes.fromhex(public_key))


def signed_at(keypair: Keypair, nonce: int) -> list[tuple[str, str]]:
    """Headers of `GET /` for Bob, signed at this instant."""
    signer = _core.RequestSigner(keypair.scheme, keypair.ss58_address, BOB.ss58_address)
    return signer.sign(keypair, "GET", "/", b"", nonce, nonce)
