"""T01 to T12: a request that was changed, sent elsewhere, wrapped, unsigned or doubled. Where it is cheap, a naive
verifier shows that the attack works."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bittensor_auth import BittensorAuthError, Hotkey, Keypair, MemoryStore, Verifier
from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware
from support.asgi_call import Response, call, encoded, reached
from support.callers import Caller
from support.wire_format import request_message

RECEIVER = Keypair.generate("sr25519").ss58_address


@pytest.fixture
def app() -> HotkeyAuthMiddleware:
    auth = HotkeyAuth(RECEIVER, store=MemoryStore(nothing_accepted_before=True))
    return HotkeyAuthMiddleware(reached, auth=auth)


def send_to(
    app: HotkeyAuthMiddleware, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> Response:
    return asyncio.run(call(app, method, target, headers, body))


def signature_of(headers: dict[str, str]) -> bytes:
    return bytes.fromhex(headers["X-Bittensor-Signature"].removeprefix("0x"))


# T01


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("DELETE", "/score?id=1", b"{}"),
        ("POST", "/admin?id=1", b"{}"),
        ("POST", "/score?id=2", b"{}"),
        ("POST", "/score", b"{}"),
        ("POST", "/score?id=1", b"[]"),
        ("POST", "/score?id=1", b""),
    ],
    ids=["method", "path", "query", "no query", "body", "no body"],
)
def test_t01_a_request_that_was_changed_is_refused(
    app: HotkeyAuthMiddleware, method: str, target: str, body: bytes
) -> None:
    signed = Caller(RECEIVER).headers("POST", "/score?id=1", b"{}")
    assert send_to(app, method, target, encoded(signed), body).code == "bad_signature"
    assert send_to(app, "POST", "/score?id=1", encoded(signed), b"{}").status == 200, "the failures burnt nothing"


def test_t01_works_where_only_identity_and_time_are_signed() -> None:
    keypair = Keypair.generate("sr25519")
    signed = f"{keypair.ss58_address}.1790000000.nonce".encode()
    signature = keypair.sign(signed)

    def naive(method: str, target: str, body: bytes) -> None:
        """Verifies what was signed and nothing of what was asked."""
        Hotkey(keypair.ss58_address).verify(signed, signature, "sr25519")

    naive("POST", "/score", b"{}")
    naive("DELETE", "/everything?force=1", b"an attacker's")


# T02


def test_t02_a_request_for_one_service_is_worth_nothing_at_another() -> None:
    here, there = (
        Verifier(Keypair.generate("sr25519").ss58_address, store=MemoryStore(nothing_accepted_before=True)),
        Verifier(RECEIVER, store=MemoryStore(nothing_accepted_before=True)),
    )
    headers = Caller(RECEIVER).headers()
    with pytest.raises(BittensorAuthError) as refused:
        here.verify(headers, method="POST", target="/score")
    assert refused.value.code == "wrong_receiver"
    there.verify(headers, method="POST", target="/score")


def test_t02_works_where_requests_are_bound_to_nobody() -> None:
    from bittensor_auth import RequestSigner

    unbound = RequestSigner(Keypair.generate("sr25519"), dangerous_unbound=True).sign("POST", "/score")
    for _ in range(2):
        careless = Verifier(
            Keypair.generate("sr25519").ss58_address,
            store=MemoryStore(nothing_accepted_before=True),
            dangerous_accept_unbound=True,
        )
        careless.verify(unbound, method="POST", target="/score")
    with pytest.raises(BittensorAuthError) as refused:
        Verifier(RECEIVER, store=MemoryStore(nothing_accepted_before=True)).verify(
            unbound, method="POST", target="/score"
        )
    assert refused.value.code == "unbound_request"


# T06


def test_t06_what_a_wallet_signed_in_its_wrapping_is_no_request(app: HotkeyAuthMiddleware) -> None:
    """A page can have `<Bytes>…</Bytes>` around any text signed; login takes that form, requests never do."""
    caller = Caller(RECEIVER)
    headers = caller.headers()
    message = request_message(headers, "POST", "/score")
    wrapped = caller.keypair.sign(b"<Bytes>" + message + b"</Bytes>")
    forged = {**headers, "X-Bittensor-Signature": "0x" + wrapped.hex()}
    assert send_to(app, "POST", "/score", encoded(forged)).code == "bad_signature"
    assert send_to(app, "POST", "/score", encoded(headers)).status == 200


def test_t06_works_where_either_form_will_do() -> None:
    caller = Caller(RECEIVER)
    message = request_message(caller.headers(), "POST", "/score")
    wrapped = caller.keypair.sign(b"<Bytes>" + message + b"</Bytes>")

    def naive(signature: bytes) -> None:
        """Tries the plain text, then the wrapped one."""
        try:
            Hotkey(caller.address).verify(message, signature, "sr25519")
        except BittensorAuthError:
            Hotkey(caller.address).verify(b"<Bytes>" + message + b"</Bytes>", signature, "sr25519")

    naive(wrapped)


# T07

REQUIRED = ("Version", "Hotkey", "Nonce", "Signature")


@pytest.mark.parametrize("name", REQUIRED)
def test_t07_no_header_is_optional(app: HotkeyAuthMiddleware, name: str) -> None:
    headers = Caller(RECEIVER).headers()
    del headers[f"X-Bittensor-{name}"]
    assert send_to(app, "POST", "/score", encoded(headers)).code == "missing_header"


def test_t07_nor_is_the_receiver_nor_all_of_them(app: HotkeyAuthMiddleware) -> None:
    headers = Caller(RECEIVER).headers()
    del headers["X-Bittensor-Receiver"]
    assert send_to(app, "POST", "/score", encoded(headers)).code == "unbound_request"
    assert send_to(app, "POST", "/score", []).code == "missing_credentials"
    assert send_to(app, "POST", "/score", [(b"x-bittensor-hotkey", b"")]).code == "missing_header"


@pytest.mark.parametrize("name", [*REQUIRED, "Receiver"])
def test_t07_an_empty_header_is_no_header(app: HotkeyAuthMiddleware, name: str) -> None:
    headers = {**Caller(RECEIVER).headers(), f"X-Bittensor-{name}": ""}
    assert send_to(app, "POST", "/score", encoded(headers)).status in (400, 401)


def test_t07_works_where_a_signature_is_checked_only_if_it_is_there() -> None:
    def naive(headers: dict[str, str]) -> str:
        signature = headers.get("X-Bittensor-Signature")
        if signature and True:
            Hotkey(headers["X-Bittensor-Hotkey"]).verify(b"", bytes.fromhex(signature[2:]), "sr25519")
        return headers["X-Bittensor-Hotkey"]

    victim = Keypair.generate("sr25519").ss58_address
    assert naive({"X-Bittensor-Hotkey": victim}) == victim


# T12

NAMES = ("Version", "Hotkey", "Receiver", "Nonce", "Signature")


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title, str.swapcase])
@pytest.mark.parametrize("name", NAMES)
def test_t12_a_header_that_comes_twice_is_refused(app: HotkeyAuthMiddleware, name: str, spelling: Any) -> None:
    headers = Caller(RECEIVER).headers()
    pairs = [(key.encode(), value.encode()) for key, value in headers.items()]
    other = Caller(RECEIVER).headers()[f"X-Bittensor-{name}"].encode()
    for value in (headers[f"X-Bittensor-{name}"].encode(), other, b""):
        doubled = (spelling(f"X-Bittensor-{name}").encode(), value)
        for with_it in ([*pairs, doubled], [doubled, *pairs]):
            with pytest.raises(BittensorAuthError) as refused:
                Verifier(RECEIVER, store=MemoryStore(nothing_accepted_before=True)).verify(
                    with_it, method="POST", target="/score"
                )
            assert refused.value.code == "duplicate_header"
            # uvicorn lowers the names; the answer is the same.
            assert send_to(app, "POST", "/score", with_it).code == "duplicate_header"


def test_t12_a_crypto_header_twice_and_values_joined_by_a_proxy_are_refused(app: HotkeyAuthMiddleware) -> None:
    pairs = encoded(Caller(RECEIVER).headers())
    twice = [*pairs, (b"x-bittensor-crypto", b"sr25519"), (b"x-bittensor-crypto", b"sr25519")]
    assert send_to(app, "POST", "/score", twice).code == "duplicate_header"
    for index, (name, value) in enumerate(pairs):
        joined = [*pairs[:index], (name, value + b", " + value), *pairs[index + 1 :]]
        assert send_to(app, "POST", "/score", joined).status in (400, 401)


def test_t12_works_where_the_first_or_the_last_of_two_wins() -> None:
    attacker, victim = (Keypair.generate("sr25519"), Keypair.generate("sr25519").ss58_address)
    pairs = [("hotkey", attacker.ss58_address), ("hotkey", victim)]
    verified_by_the_server = next(value for name, value in pairs if name == "hotkey")
    Hotkey(verified_by_the_server).verify(b"text", attacker.sign(b"text"), "sr25519")
    assert dict(pairs)["hotkey"] == victim, "and what stands behind reads somebody else"
