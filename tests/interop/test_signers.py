"""Keys and wallets of other libraries: as signers of our clients, and of the SDK's `sign` in front of our servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bittensor
import bittensor_wallet
import pytest
import substrateinterface
from bittensor_core import Keypair as CoreKeypair

from bittensor_auth import BittensorAuthError
from clients import CLIENTS, Client
from keys import ALICE_SEEDS, CRYPTO_TYPES, OUR_ALICE, SCHEMES
from raw import ask
from sdk_client import sign
from servers import Server

SIGNED_BY_SDK = "fastapi-httptools"
VERIFIED_BY_SDK = "sdk-httptools"
WALLET, HOTKEY = "alice", "first"


@dataclass(frozen=True)
class Coroutine:
    """A signer that answers later, as one on a device or another host does."""

    key: Any

    @property
    def ss58_address(self) -> str:
        return self.key.ss58_address

    @property
    def crypto_type(self) -> int:
        return self.key.crypto_type

    async def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def core_keypair(scheme: str, folder: Path) -> Any:
    return CoreKeypair.from_seed(ALICE_SEEDS[scheme], CRYPTO_TYPES[scheme])


def sdk_wallet(scheme: str, folder: Path) -> bittensor.Wallet:
    wallet = bittensor.Wallet(WALLET, HOTKEY, str(folder))
    seed = "0x" + ALICE_SEEDS[scheme].hex()
    return wallet.regenerate_hotkey(seed=seed, overwrite=True, suppress=True, crypto_type=CRYPTO_TYPES[scheme])


def sdk_wallet_on_disk(scheme: str, folder: Path) -> bittensor.Wallet:
    sdk_wallet(scheme, folder)
    return bittensor.Wallet(WALLET, HOTKEY, str(folder))


def like_a_wallet(scheme: str, folder: Path) -> SimpleNamespace:
    key = core_keypair(scheme, folder)
    return SimpleNamespace(hotkey=key, coldkey=None, coldkeypub=None)


def old_keypair(scheme: str, folder: Path) -> Any:
    return bittensor_wallet.Keypair.create_from_seed("0x" + ALICE_SEEDS[scheme].hex(), CRYPTO_TYPES[scheme])


def old_wallet(scheme: str, folder: Path) -> Any:
    wallet = bittensor_wallet.Wallet(WALLET, HOTKEY, str(folder))
    seed = "0x" + ALICE_SEEDS[scheme].hex()
    return wallet.regenerate_hotkey(seed=seed, overwrite=True, suppress=True, crypto_type=CRYPTO_TYPES[scheme])


def substrate_keypair(scheme: str, folder: Path) -> Any:
    return substrateinterface.Keypair.create_from_seed(ALICE_SEEDS[scheme].hex(), crypto_type=CRYPTO_TYPES[scheme])


def our_keypair(scheme: str, folder: Path) -> Any:
    return OUR_ALICE[scheme]


def asynchronous(scheme: str, folder: Path) -> Coroutine:
    return Coroutine(core_keypair(scheme, folder))


Maker = Callable[[str, Path], Any]
FOREIGN: list[Maker] = [
    core_keypair,
    sdk_wallet,
    sdk_wallet_on_disk,
    like_a_wallet,
    old_keypair,
    substrate_keypair,
]
NOT_FOR_THE_SDK: list[Maker] = [our_keypair, old_wallet]
"""The SDK's `sign` asks for a `crypto_type`, and of a foreign wallet for a coldkey, though it signs with the hotkey."""
each_scheme = pytest.mark.parametrize("scheme", SCHEMES)
each_client = pytest.mark.parametrize("client", CLIENTS, indirect=True)


def assert_alice(status: int, answer: dict[str, Any], scheme: str) -> None:
    assert status == 200, answer
    assert (answer["hotkey"], answer["scheme"]) == (OUR_ALICE[scheme].ss58_address, scheme)


@each_scheme
@each_client
@pytest.mark.parametrize("server", [VERIFIED_BY_SDK], indirect=True)
@pytest.mark.parametrize("make", [*FOREIGN, *NOT_FOR_THE_SDK])
def test_our_clients_take_it(client: Client, server: Server, make: Maker, scheme: str, tmp_path: Path) -> None:
    signer = make(scheme, tmp_path)
    for _ in range(2):  # the first signature of a foreign signer is checked before it is sent
        reply = client.send(signer, server, "GET", "/echo?a=b")
        assert_alice(reply.status, reply.json, scheme)


@each_scheme
@each_client
@pytest.mark.parametrize("server", [VERIFIED_BY_SDK], indirect=True)
def test_wallet_that_the_sdk_wrote_is_found_by_its_name(
    client: Client, server: Server, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk_wallet(scheme, tmp_path)
    monkeypatch.setenv("BT_WALLET_PATH", str(tmp_path))
    reply = client.send(f"{WALLET}/{HOTKEY}", server, "GET", "/echo")
    assert_alice(reply.status, reply.json, scheme)


@each_scheme
@pytest.mark.parametrize("server", [VERIFIED_BY_SDK], indirect=True)
@pytest.mark.parametrize("client", ["httpx-async", "aiohttp"], indirect=True)
def test_asynchronous_signer(client: Client, server: Server, scheme: str, tmp_path: Path) -> None:
    reply = client.send(asynchronous(scheme, tmp_path), server, "GET", "/echo")
    assert_alice(reply.status, reply.json, scheme)


@each_scheme
@pytest.mark.parametrize("server", [VERIFIED_BY_SDK], indirect=True)
@pytest.mark.parametrize("client", ["httpx", "requests"], indirect=True)
def test_asynchronous_signer_in_a_blocking_client(client: Client, server: Server, scheme: str, tmp_path: Path) -> None:
    with pytest.raises(BittensorAuthError) as refusal:
        client.send(asynchronous(scheme, tmp_path), server, "GET", "/echo")
    assert refusal.value.code == "signer_failed"


@each_scheme
@pytest.mark.parametrize("server", [SIGNED_BY_SDK], indirect=True)
@pytest.mark.parametrize("make", FOREIGN)
def test_sdk_signs_with_it_and_we_accept(server: Server, make: Maker, scheme: str, tmp_path: Path) -> None:
    headers = sign(server, "GET", "/echo?a=b", wallet=make(scheme, tmp_path))
    answer = ask(server.port, "GET", "/echo?a=b", headers)
    assert_alice(answer.status, answer.json(), scheme)
