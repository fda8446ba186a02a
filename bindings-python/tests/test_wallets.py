"""Hotkeys on disk, found the way `btcli` finds them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bittensor_auth import BittensorAuthError, Keypair, RequestSigner, load_hotkey

SERVICE = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"


@pytest.fixture
def wallets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`default/default`, `cold/hot` and `cold/default`, each with a key of its own."""
    for number, reference in enumerate(("default/default", "cold/hot", "cold/default")):
        wallet, hotkey = reference.split("/")
        path = tmp_path / wallet / "hotkeys" / hotkey
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"secretSeed": f"0x{number:064x}"}))
        path.chmod(0o600)
    for variable in ("BT_WALLET", "BT_WALLET_NAME", "BT_WALLET_HOTKEY", "BT_WALLET_PATH"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def numbered(number: int) -> str:
    return Keypair.from_seed(number.to_bytes(32, "big"), "sr25519").ss58_address


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {}, 0),
        (("cold", "hot"), {}, 1),
        (("cold",), {}, 2),
        ((), {"BT_WALLET": "cold"}, 2),
        ((), {"BT_WALLET_NAME": "cold"}, 2),
        ((), {"BT_WALLET": "default", "BT_WALLET_NAME": "cold"}, 0),
        ((), {"BT_WALLET": "cold", "BT_WALLET_HOTKEY": "hot"}, 1),
        (("default", "default"), {"BT_WALLET": "cold", "BT_WALLET_HOTKEY": "hot"}, 0),
    ],
)
def test_a_wallet_is_found_as_btcli_finds_it(
    wallets: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    expected: int,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_hotkey(*arguments, path=wallets).ss58_address == numbered(expected)
    monkeypatch.setenv("BT_WALLET_PATH", str(wallets))
    assert load_hotkey(*arguments).ss58_address == numbered(expected)


def test_the_default_folder_is_below_home(wallets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = wallets.parent / "home"
    (home / ".bittensor").mkdir(parents=True)
    (home / ".bittensor/wallets").symlink_to(wallets)
    monkeypatch.setenv("HOME", str(home))
    assert load_hotkey().ss58_address == numbered(0)
    assert load_hotkey(path="~/.bittensor/wallets").ss58_address == numbered(0)


@pytest.mark.parametrize(("reference", "expected"), [("cold/hot", 1), ("cold", 2), ("default/default", 0)])
def test_a_reference_is_a_signer(wallets: Path, monkeypatch: pytest.MonkeyPatch, reference: str, expected: int) -> None:
    monkeypatch.setenv("BT_WALLET_PATH", str(wallets))
    assert RequestSigner(reference, SERVICE).hotkey == numbered(expected)


@pytest.mark.parametrize(
    ("reference", "code"),
    [
        ("nobody/hot", "keyfile_not_found"),
        ("cold/nobody", "keyfile_not_found"),
        ("../cold/hot", "invalid_configuration"),
        ("cold/../hot", "invalid_configuration"),
        ("cold/hot/more", "invalid_configuration"),
        ("..", "invalid_configuration"),
        ("cold/ho\\t", "invalid_configuration"),
        ("cold/ho\0t", "invalid_configuration"),
    ],
)
def test_a_reference_leads_nowhere_else(
    wallets: Path, monkeypatch: pytest.MonkeyPatch, reference: str, code: str
) -> None:
    monkeypatch.setenv("BT_WALLET_PATH", str(wallets))
    with pytest.raises(BittensorAuthError) as caught:
        RequestSigner(reference, SERVICE)
    assert caught.value.code == code
