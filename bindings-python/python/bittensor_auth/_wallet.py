"""Hotkeys on disk, found the way `btcli` finds them."""

from __future__ import annotations

import os

from . import _core

_DEFAULT_ROOT = "~/.bittensor/wallets"
_DEFAULT_NAME = "default"


def load_hotkey(
    wallet: str | None = None, hotkey: str | None = None, *, path: str | os.PathLike[str] | None = None
) -> _core.Keypair:
    """The key pair in `<path>/<wallet>/hotkeys/<hotkey>`, a plaintext Bittensor hotkey file.

    What is not given comes from `BT_WALLET` (or `BT_WALLET_NAME`), `BT_WALLET_HOTKEY` and `BT_WALLET_PATH`, then from
    the defaults of `btcli`: `default`, `default`, `~/.bittensor/wallets`.

    Raises `ConfigurationError`: `keyfile_not_found`, `keyfile_permissions`, `keyfile_encrypted`, `keyfile_malformed`,
    `keyfile_mismatch`.
    """
    env = os.environ
    root = os.path.expanduser(path or env.get("BT_WALLET_PATH") or _DEFAULT_ROOT)
    wallet = wallet or env.get("BT_WALLET") or env.get("BT_WALLET_NAME") or _DEFAULT_NAME
    return _core.load_hotkey(root, wallet, hotkey or env.get("BT_WALLET_HOTKEY") or _DEFAULT_NAME)


def keypair_from_reference(reference: str) -> _core.Keypair:
    """The key pair that `WALLET/HOTKEY` names, or `WALLET` alone with its default hotkey."""
    wallet, _, hotkey = reference.partition("/")
    return load_hotkey(wallet, hotkey or None)
