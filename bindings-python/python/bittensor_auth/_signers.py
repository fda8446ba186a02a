"""Whatever can sign for a hotkey, recognised by its shape. No chain library is imported."""

from __future__ import annotations

from . import _core
from ._errors import BittensorAuthError, error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any, Protocol

    class Signer(Protocol):
        """A key pair of `bittensor`, `bittensor-wallet` or `substrate-interface`, or anything alike."""

        @property
        def ss58_address(self) -> str: ...

        def sign(self, message: bytes, /) -> bytes | str | Awaitable[bytes | str]:
            """64 signature bytes over exactly `message` (or 65 with a type byte, or hex)."""
            ...


_SCHEMES = {0: "ed25519", 1: "sr25519"}
_SHAPES = (
    "signer: expected a Keypair, an object with ss58_address and sign(bytes), a wallet with such a hotkey, "
    "or the text wallet/hotkey"
)


class Identity:
    """A signer, its address and its scheme. The first signature of a foreign signer is verified before it is used."""

    __slots__ = ("_checked", "address", "keypair", "scheme", "signer")

    def __init__(self, signer: Any) -> None:
        signer = _key_of(signer)
        self.keypair: _core.Keypair | None = signer if isinstance(signer, _core.Keypair) else None
        self.signer = signer
        self.address: str = signer.ss58_address
        self.scheme: str = signer.scheme if self.keypair else _scheme_of(signer)
        self._checked = False
        if not self.keypair:
            _check_public_key(signer)

    def sign(self, message: bytes) -> Any:
        """What the signer returns for `message`: bytes, hex, or an awaitable of either."""
        try:
            return self.signer.sign(message)
        except BittensorAuthError:
            raise
        except Exception as cause:
            raise error("signer_failed", "the signer raised an error: expected an unlocked key") from cause

    def finish(self, unsigned: _core.Unsigned, signature: bytes | str) -> list[tuple[str, str]]:
        """The headers with a signature that the signer returned."""
        raw = signature_bytes(signature)
        if self._checked:
            return unsigned.finish(self.scheme, raw)
        headers = unsigned.finish_checked(self.scheme, raw)
        self._checked = True
        return headers


def signature_bytes(signature: object) -> bytes:
    """Signature bytes of what a signer returned: bytes, or hex with or without `0x`."""
    try:
        if isinstance(signature, str):
            return bytes.fromhex(signature.removeprefix("0x"))
        if isinstance(signature, (bytes, bytearray, memoryview)):
            return bytes(signature)
    except ValueError:
        pass
    raise error("signer_failed", "sign() returned something else: expected 64 bytes, or 0x and 128 hex digits")


def _key_of(signer: Any) -> Any:
    if isinstance(signer, str):
        from ._wallet import keypair_from_reference

        return keypair_from_reference(signer)
    if hasattr(signer, "sign") and hasattr(signer, "ss58_address"):
        return signer
    if hasattr(type(signer), "hotkey") or "hotkey" in getattr(signer, "__dict__", ()):
        return _hotkey_of(signer)
    raise error("invalid_configuration", _SHAPES)


def _hotkey_of(wallet: Any) -> Any:
    """The hotkey of a wallet object; an encrypted one would prompt on a terminal, so it is refused first."""
    keyfile = getattr(wallet, "hotkey_file", None)
    if keyfile is not None and hasattr(keyfile, "is_encrypted") and keyfile.is_encrypted():
        raise error("keyfile_encrypted")
    try:
        hotkey = wallet.hotkey
    except Exception as cause:
        raise error("keyfile_not_found", "the wallet could not load its hotkey") from cause
    if hasattr(hotkey, "sign") and hasattr(hotkey, "ss58_address"):
        return hotkey
    raise error("invalid_configuration", _SHAPES)


def _scheme_of(signer: Any) -> str:
    crypto_type = getattr(signer, "crypto_type", None)
    scheme = "sr25519" if crypto_type is None else _SCHEMES.get(crypto_type)
    if scheme is None:
        raise error("invalid_configuration", "signer: expected an sr25519 or ed25519 key (crypto_type 1 or 0)")
    return scheme


def _check_public_key(signer: Any) -> None:
    """An address and a public key that name different keys mean that the object is not what it seems."""
    public_key = getattr(signer, "public_key", None)
    if public_key is None:
        return
    if isinstance(public_key, str):
        public_key = bytes.fromhex(public_key.removeprefix("0x"))
    if _core.Hotkey(signer.ss58_address).public_key != bytes(public_key):
        raise error("invalid_configuration", "signer: expected ss58_address and public_key of the same key")
