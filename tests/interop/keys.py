"""Keys: the public development keys as senders, and throw-away keys as receivers."""

from __future__ import annotations

import hashlib
import os

from bittensor_core import CRYPTO_ED25519, CRYPTO_SR25519
from bittensor_core import Keypair as SdkKeypair

import bittensor_auth

SCHEMES = ["sr25519", "ed25519"]
CRYPTO_TYPES = {"sr25519": CRYPTO_SR25519, "ed25519": CRYPTO_ED25519}
ALICE_SEEDS = {
    "sr25519": bytes.fromhex("e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"),
    "ed25519": bytes.fromhex("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115"),
}
SDK_ALICE = {scheme: SdkKeypair.from_seed(seed, CRYPTO_TYPES[scheme]) for scheme, seed in ALICE_SEEDS.items()}
OUR_ALICE = {scheme: bittensor_auth.Keypair.from_seed(seed, scheme) for scheme, seed in ALICE_SEEDS.items()}
STRANGER = bittensor_auth.Keypair.generate("sr25519").ss58_address


def receiver(name: str) -> str:
    """The address of a service, another one for every name and test run: an in-memory store serves one process."""
    seed = hashlib.sha256(f"{name} {os.getpid()}".encode()).digest()
    return bittensor_auth.Keypair.from_seed(seed, "sr25519").ss58_address
