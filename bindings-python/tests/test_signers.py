"""Whatever can sign: key pairs and wallets of the chain's libraries, by their shape."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from stub_signers import (
    ED25519,
    KEY,
    OTHER,
    Answers,
    AsyncSigner,
    BtwalletKeypair,
    CoreKeypair,
    KeyFileError,
    SubstrateKeypair,
    Wallet,
)

from bittensor_auth import (
    BittensorAuthError,
    Keypair,
    MemoryStore,
    RequestSigner,
    Verifier,
    sign_request,
)

SERVICE = OTHER.ss58_address
BOB_AT_PREFIX_0 = "14E5nqKAp3oAJcmzgZhUD2RcptBeUBScxKHgJKU4HPNcKVf3"
LIBRARIES = pytest.mark.parametrize("library", [BtwalletKeypair, CoreKeypair, SubstrateKeypair])


def caller_of(headers: dict[str, str], body: bytes = b"") -> str:
    """Who a service takes for the caller of `POST /x`."""
    store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
    verifier = Verifier(SERVICE, store=store, schemes=("sr25519", "ed25519"))
    return verifier.verify(headers, method="POST", target="/x", body=body).hotkey


def refused(signer: Any) -> BittensorAuthError:
    """What making a signer of this raises."""
    with pytest.raises(BittensorAuthError) as caught:
        RequestSigner(signer, SERVICE)
    return caught.value


def failed(signer: Any) -> BittensorAuthError:
    """What signing with this raises."""
    with pytest.raises(BittensorAuthError) as caught:
        RequestSigner(signer, SERVICE).sign("POST", "/x")
    assert caught.value.code == "signer_failed"
    return caught.value


# Key pairs


@pytest.mark.parametrize("keypair", [KEY, ED25519])
def test_our_own_key_pair_signs(keypair: Keypair) -> None:
    assert caller_of(sign_request(keypair, "POST", "/x", b"body", receiver=SERVICE), b"body") == keypair.ss58_address


@LIBRARIES
def test_a_key_pair_of_a_library_is_given_bytes_and_nothing_else(library: type[CoreKeypair]) -> None:
    signer = library()
    assert caller_of(sign_request(signer, "POST", "/x", b"0x616263", receiver=SERVICE), b"0x616263") == KEY.ss58_address
    assert [type(message) for message in signer.signed] == [bytes]


@LIBRARIES
def test_a_key_pair_without_a_secret_fails_with_its_cause(library: type[CoreKeypair]) -> None:
    assert "private key" in str(failed(library(public_only=True)).__cause__)


@pytest.mark.parametrize("crypto_type", [None, 1])
def test_sr25519_is_what_is_not_said(crypto_type: int | None) -> None:
    signer = CoreKeypair()
    signer.crypto_type = crypto_type
    assert "X-Bittensor-Crypto" not in sign_request(signer, "POST", "/x", receiver=SERVICE)


def test_ed25519_is_named() -> None:
    signer = CoreKeypair(ED25519)
    signer.crypto_type = 0
    headers = sign_request(signer, "POST", "/x", receiver=SERVICE)
    assert headers["X-Bittensor-Crypto"] == "ed25519"
    assert caller_of(headers) == ED25519.ss58_address


@pytest.mark.parametrize("crypto_type", [2, 257, "sr25519"])
def test_other_schemes_are_refused(crypto_type: object) -> None:
    signer = SubstrateKeypair()
    signer.crypto_type = crypto_type
    assert refused(signer).code == "invalid_configuration"


@pytest.mark.parametrize("public_key", [KEY.public_key, "0x" + KEY.public_key.hex(), KEY.public_key.hex(), None])
def test_a_public_key_may_be_bytes_or_hex_or_missing(public_key: object) -> None:
    signer = CoreKeypair()
    signer.public_key = public_key
    assert caller_of(sign_request(signer, "POST", "/x", receiver=SERVICE)) == KEY.ss58_address


def test_address_and_public_key_have_to_agree() -> None:
    signer = CoreKeypair()
    signer.public_key = OTHER.public_key
    assert refused(signer).code == "invalid_configuration"


def test_an_address_with_another_prefix_is_refused() -> None:
    signer = CoreKeypair()
    signer.ss58_address = BOB_AT_PREFIX_0
    assert refused(signer).code == "malformed_hotkey"


# Signatures


@pytest.mark.parametrize(
    "answer",
    [
        bytes,
        bytearray,
        memoryview,
        lambda signature: "0x" + signature.hex(),
        lambda signature: signature.hex(),
        lambda signature: "0x" + signature.hex().upper(),
        lambda signature: b"\x01" + signature,
        lambda signature: "0x01" + signature.hex(),
    ],
    ids=["bytes", "bytearray", "memoryview", "0x hex", "bare hex", "upper hex", "typed", "typed hex"],
)
def test_a_signature_may_be_bytes_or_hex_with_or_without_its_type(answer: Callable[[bytes], object]) -> None:
    assert caller_of(sign_request(Answers(answer), "POST", "/x", receiver=SERVICE)) == KEY.ss58_address


@pytest.mark.parametrize(
    "answer",
    [
        lambda signature: signature[:63],
        lambda signature: signature + b"\x01",
        lambda signature: b"\x00" + signature,
        lambda signature: "0x" + signature.hex() + "0",
        lambda signature: "0xzz",
        lambda signature: b"",
        lambda signature: None,
        lambda signature: 64,
        lambda signature: [*signature],
        lambda signature: signature.hex().encode(),
    ],
    ids=["short", "type behind", "other type", "odd hex", "no hex", "empty", "None", "number", "list", "hex bytes"],
)
def test_anything_else_is_no_signature(answer: Callable[[bytes], object]) -> None:
    failed(Answers(answer))


def test_a_signer_that_wraps_the_message_is_noticed_before_anything_is_sent() -> None:
    failed(Answers(lambda _: KEY.sign(b"<Bytes>other bytes</Bytes>")))


def test_a_signer_with_another_key_is_noticed_before_anything_is_sent() -> None:
    signer = CoreKeypair(OTHER)
    signer.ss58_address, signer.public_key = KEY.ss58_address, KEY.public_key
    failed(signer)


def test_only_the_first_signature_is_verified() -> None:
    right = iter([True, False])
    signer = RequestSigner(Answers(lambda signature: signature if next(right) else bytes(64)), SERVICE)
    assert caller_of(signer.sign("POST", "/x")) == KEY.ss58_address
    assert signer.sign("POST", "/x")["X-Bittensor-Signature"] == "0x" + "00" * 64


@pytest.mark.parametrize("key", [KEY, ED25519])
def test_a_coroutine_is_awaited(key: Keypair) -> None:
    signer = RequestSigner(AsyncSigner(key), SERVICE)
    assert caller_of(asyncio.run(signer.sign_async("POST", "/x"))) == key.ss58_address


@pytest.mark.parametrize("signer", [KEY, CoreKeypair()], ids=["ours", "a library's"])
def test_signers_that_do_not_wait_work_in_coroutines_too(signer: Any) -> None:
    headers = asyncio.run(RequestSigner(signer, SERVICE).sign_async("POST", "/x"))
    assert caller_of(headers) == KEY.ss58_address


def test_a_coroutine_is_not_awaited_by_a_function() -> None:
    assert "sign_async" in str(failed(AsyncSigner()))


def test_retries_have_nonces_of_their_own() -> None:
    signer = RequestSigner(KEY, SERVICE, clock=lambda: 1_752_076_800_000_000_000)
    nonces = [int(signer.sign("POST", "/x")["X-Bittensor-Nonce"]) for _ in range(100)]
    assert nonces == sorted(set(nonces))


@pytest.mark.parametrize("options", [{}, {"receiver": SERVICE, "dangerous_unbound": True}])
def test_a_request_is_for_somebody_or_dangerous(options: dict[str, Any]) -> None:
    with pytest.raises(BittensorAuthError, match="receiver"):
        RequestSigner(KEY, **options)


# Wallets of libraries


@LIBRARIES
def test_a_wallet_signs_with_its_hotkey(library: type[CoreKeypair]) -> None:
    assert caller_of(sign_request(Wallet(library()), "POST", "/x", receiver=SERVICE)) == KEY.ss58_address


def test_a_wallet_may_have_its_hotkey_as_a_plain_attribute() -> None:
    wallet = SimpleNamespace(hotkey=CoreKeypair(), coldkeypub=CoreKeypair(OTHER))
    assert caller_of(sign_request(wallet, "POST", "/x", receiver=SERVICE)) == KEY.ss58_address


def test_an_encrypted_wallet_is_refused_before_it_asks_for_a_password() -> None:
    assert refused(Wallet(CoreKeypair(), encrypted=True)).code == "keyfile_encrypted"


@pytest.mark.parametrize("cause", [KeyFileError("Keyfile at: … does not exist"), FileNotFoundError(2, "no such file")])
def test_a_wallet_without_its_file_says_so(cause: Exception) -> None:
    failure = refused(Wallet(cause))
    assert (failure.code, failure.__cause__) == ("keyfile_not_found", cause)


@pytest.mark.parametrize("signer", [None, 42, b"wallet/hotkey", object(), SimpleNamespace(sign=KEY.sign), Wallet(None)])
def test_what_cannot_sign_is_told_what_can(signer: object) -> None:
    failure = refused(signer)
    assert failure.code == "invalid_configuration"
    assert "ss58_address" in str(failure)
    assert "wallet/hotkey" in str(failure)
