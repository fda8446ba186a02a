"""Stand-ins for the key pairs and wallets of the chain's libraries, which behave as those were measured to."""

from __future__ import annotations

from typing import Any

from bittensor_auth import Keypair

KEY = Keypair.from_seed(bytes([3]) * 32, "sr25519")
ED25519 = Keypair.from_seed(bytes([3]) * 32, "ed25519")
OTHER = Keypair.from_seed(bytes([4]) * 32, "sr25519")


class LibraryError(Exception):
    """`ConfigurationError` of bittensor-wallet and substrate-interface."""


class _Unpicklable:
    def __reduce__(self) -> str:
        raise TypeError("cannot pickle 'Keypair' object")


class _Key:
    """What all three libraries have."""

    crypto_type: Any = 1
    ss58_format = 42

    def __init__(self, key: Keypair = KEY, *, public_only: bool = False) -> None:
        self._key = key
        self._public_only = public_only
        self.ss58_address = key.ss58_address
        self.public_key: Any = key.public_key
        self.signed: list[object] = []

    def _sign(self, message: object) -> bytes:
        self.signed.append(message)
        if isinstance(message, str):  # the trap: text that begins with 0x is decoded
            message = bytes.fromhex(message[2:]) if message.startswith("0x") else message.encode()
        return self._key.sign(bytes(message))  # type: ignore[call-overload]


class BtwalletKeypair(_Unpicklable, _Key):
    """bittensor-wallet 4.1.1: takes any bytes-like message."""

    def sign(self, message: object) -> bytes:
        if self._public_only:
            raise LibraryError("No private key set to create signatures")
        return self._sign(message)


class CoreKeypair(_Unpicklable, _Key):
    """bittensor-core 0.1.5, in bittensor 11: `bytes` or `str` only."""

    def sign(self, message: object) -> bytes:
        if self._public_only:
            raise ValueError("no private key set to create signatures")
        if not isinstance(message, (bytes, str)):
            raise ValueError("message must be bytes or str")
        return self._sign(message)


class SubstrateKeypair(_Key):
    """substrate-interface 1.8.1: `bytes` or `str` only, shows its secrets, and can be pickled."""

    private_key = bytes([5]) * 64
    seed_hex = bytes([3]) * 32
    mnemonic = None

    def sign(self, message: object) -> bytes:
        if self._public_only:
            raise LibraryError("No private key set to create signatures")
        if not isinstance(message, (bytes, str)):
            raise TypeError("ScaleBytes, bytes or str expected")
        return self._sign(message)


class AsyncSigner:
    """bittensor 11's `Signer` protocol: `sign` may be a coroutine, and the signature may have a type byte in front."""

    def __init__(self, key: Keypair = KEY) -> None:
        self._key = key
        self.ss58_address = key.ss58_address
        self.public_key = key.public_key
        self.crypto_type = 0 if key.scheme == "ed25519" else 1

    async def sign(self, payload: bytes) -> bytes:
        return bytes([self.crypto_type]) + self._key.sign(payload)


class Answers:
    """A signer that answers with what a function makes of the signature."""

    def __init__(self, answer: Any, key: Keypair = KEY) -> None:
        self._answer = answer
        self._key = key
        self.ss58_address = key.ss58_address

    def sign(self, message: bytes) -> Any:
        return self._answer(self._key.sign(message))


class Keyfile:
    """`hotkey_file` of a wallet."""

    def __init__(self, *, encrypted: bool) -> None:
        self._encrypted = encrypted

    def is_encrypted(self) -> bool:
        return self._encrypted


class Wallet:
    """`Wallet(name, hotkey, path)` of bittensor-wallet and bittensor: `.hotkey` of an encrypted file would prompt."""

    def __init__(self, hotkey: object, *, encrypted: bool = False) -> None:
        self._hotkey = hotkey
        self.hotkey_file = Keyfile(encrypted=encrypted)

    @property
    def hotkey(self) -> Any:
        assert not self.hotkey_file.is_encrypted(), "this would ask for a password on the terminal"
        if isinstance(self._hotkey, Exception):
            raise self._hotkey
        return self._hotkey


class KeyFileError(Exception):
    """What bittensor-wallet raises for a file that is not there."""
