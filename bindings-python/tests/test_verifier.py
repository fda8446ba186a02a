"""`Verifier` by hand: requests with every shape of arguments, policies, stores and clocks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bittensor_auth import (
    AuthenticationError,
    AuthorizationError,
    BittensorAuthError,
    ConfigurationError,
    Keypair,
    MemoryStore,
    Policy,
    RequestSigner,
    StoreError,
    Verifier,
    sign_request,
)

SERVICE = Keypair.from_seed(bytes([1]) * 32, "sr25519").ss58_address
SECOND_SERVICE = Keypair.from_seed(bytes([9]) * 32, "sr25519").ss58_address
MINER = Keypair.from_seed(bytes([2]) * 32, "sr25519")
ED25519 = Keypair.from_seed(bytes([2]) * 32, "ed25519")
NOW = 1_752_076_800_000_000_000
SECOND = 1_000_000_000


class Clock:
    """Shows the time that it is set to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def memory(**settings: Any) -> MemoryStore:
    return MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True, **settings)


def verifier(clock: Clock, **settings: Any) -> Verifier:
    return Verifier(**{"receiver": SERVICE, "store": memory(), "clock": clock, **settings})


def signed(
    body: bytes = b"", *, key: Keypair = MINER, receiver: str = SERVICE, at: int = NOW, target: str = "/a%20b?x=1"
) -> dict[str, str]:
    return sign_request(key, "POST", target, body, receiver=receiver, nonce_ns=at)


def verify(by: Verifier, headers: Any, **changes: Any) -> Any:
    return by.verify(headers, **{"method": "POST", "target": "/a%20b?x=1", **changes})


def code_of(by: Verifier, headers: Any, **changes: Any) -> str:
    with pytest.raises(BittensorAuthError) as caught:
        verify(by, headers, **changes)
    return caught.value.code


def test_the_caller_says_who_when_and_how(clock: Clock) -> None:
    caller = verify(verifier(clock), signed(b"body"), body=b"body")
    assert (caller.hotkey, caller.public_key, caller.scheme) == (MINER.ss58_address, MINER.public_key, "sr25519")
    assert (caller.via, caller.signed_at_ns, caller.session_id) == ("signature", NOW, None)
    assert repr(caller) == f"Caller(hotkey='{MINER.ss58_address}', scheme='sr25519', via='signature')"


@pytest.mark.parametrize(
    "shape",
    [
        dict,
        lambda headers: list(headers.items()),
        lambda headers: iter(headers.items()),
        lambda headers: [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        lambda headers: [("Host", "x"), *headers.items(), (b"x-other", b"\xff")],
    ],
    ids=["mapping", "pairs", "iterator", "raw", "among others"],
)
@pytest.mark.parametrize("target", ["/a%20b?x=1", b"/a%20b?x=1"])
def test_headers_and_target_come_as_the_server_has_them(clock: Clock, shape: Any, target: str | bytes) -> None:
    assert verify(verifier(clock), shape(signed()), target=target).hotkey == MINER.ss58_address


def test_a_header_that_is_there_twice_is_noticed_in_pairs(clock: Clock) -> None:
    pairs = [*signed().items(), ("x-bittensor-nonce", "1")]
    assert code_of(verifier(clock), pairs) == "duplicate_header"


@pytest.mark.parametrize(
    "changes", [{"method": "PUT"}, {"target": "/a%20b?x=2"}, {"target": "/a b?x=1"}, {"body": b"other"}]
)
def test_what_was_signed_has_to_arrive(clock: Clock, changes: dict[str, Any]) -> None:
    assert code_of(verifier(clock), signed(), **changes) in ("bad_signature", "malformed_target")


def test_a_request_passes_once(clock: Clock) -> None:
    by, headers = verifier(clock), signed()
    verify(by, headers)
    assert code_of(by, headers) == "replayed_request"
    assert verify(by, signed(at=NOW + 1)).signed_at_ns == NOW + 1


def test_a_refused_request_uses_nothing_up(clock: Clock) -> None:
    by, headers = verifier(clock), signed(b"body")
    assert code_of(by, headers, body=b"other") == "bad_signature"
    assert verify(by, headers, body=b"body").hotkey == MINER.ss58_address


def test_verifiers_that_share_a_store_share_what_passed(clock: Clock) -> None:
    store, headers = memory(), signed()
    verify(verifier(clock, store=store), headers)
    assert code_of(verifier(clock, store=store), headers) == "replayed_request"
    assert verify(verifier(clock, store=store, namespace="another"), headers)


def test_the_window_is_the_verifier_s(clock: Clock) -> None:
    by = verifier(clock, max_age=1, allowed_skew=0.5)
    clock.now = NOW + SECOND + 1
    with pytest.raises(AuthenticationError) as caught:
        verify(by, signed())
    assert (caught.value.code, caught.value.age) == ("stale_request", (1_000, 1_000, 500))
    clock.now = NOW + SECOND
    assert verify(by, signed())
    assert verify(by, signed(at=clock.now + SECOND // 2))
    assert code_of(by, signed(at=clock.now + SECOND // 2 + 1)) == "stale_request"


def test_requests_for_others_are_refused(clock: Clock) -> None:
    assert code_of(verifier(clock), signed(receiver=SECOND_SERVICE)) == "wrong_receiver"
    both = verifier(clock, receiver=[SERVICE, SECOND_SERVICE])
    assert verify(both, signed())
    assert verify(both, signed(receiver=SECOND_SERVICE, at=NOW + 1))


def test_requests_for_nobody_are_dangerous(clock: Clock) -> None:
    def unbound() -> dict[str, str]:
        signer = RequestSigner(MINER, dangerous_unbound=True, clock=clock)
        return signer.sign("POST", "/a%20b?x=1")

    assert code_of(verifier(clock), unbound()) == "unbound_request"
    assert verify(verifier(clock, dangerous_accept_unbound=True), unbound())


def test_schemes_are_chosen(clock: Clock) -> None:
    assert code_of(verifier(clock), signed(key=ED25519)) == "scheme_not_accepted"
    both = verifier(clock, schemes=("sr25519", "ed25519"))
    assert verify(both, signed(key=ED25519)).scheme == "ed25519"


def test_bodies_have_a_limit(clock: Clock) -> None:
    by = verifier(clock, body_limit=4)
    assert verify(by, signed(b"1234"), body=b"1234")
    assert code_of(by, signed(b"12345"), body=b"12345") == "payload_too_large"


# Policy


def test_only_these_are_welcome(clock: Clock) -> None:
    listed = verifier(clock, policy=Policy.hotkeys([MINER.ss58_address]))
    assert verify(listed, signed())
    with pytest.raises(AuthorizationError) as caught:
        verify(listed, signed(key=Keypair.from_seed(bytes([7]) * 32, "sr25519")))
    assert caught.value.code == "hotkey_not_allowed"


def test_these_are_not_welcome_and_nothing_is_remembered_of_them(clock: Clock) -> None:
    store, headers = memory(), signed()
    denying = verifier(clock, store=store, policy=Policy.any_hotkey().deny([MINER.ss58_address]))
    assert code_of(denying, headers) == "hotkey_denied"
    assert store.core.sizes() == (0, 0)
    assert verify(verifier(clock, store=store), headers)


@pytest.mark.parametrize("make", [Policy.hotkeys, Policy.any_hotkey().deny])
def test_policies_take_canonical_addresses_only(make: Any) -> None:
    with pytest.raises(AuthenticationError, match="SS58"):
        make(["14E5nqKAp3oAJcmzgZhUD2RcptBeUBScxKHgJKU4HPNcKVf3"])


# Stores


def test_a_full_store_says_so(clock: Clock) -> None:
    by = verifier(clock, store=memory(capacity=1))
    verify(by, signed())
    with pytest.raises(StoreError) as caught:
        verify(by, signed(at=NOW + 1))
    assert (caught.value.code, caught.value.http_status, caught.value.retryable) == ("store_full", 503, True)


def test_a_store_that_just_began_cannot_tell_about_earlier_requests(clock: Clock) -> None:
    by = Verifier(SERVICE, store=MemoryStore(single_process_acknowledged=True))
    with pytest.raises(StoreError) as caught:
        by.verify(sign_request(MINER, "GET", "/", receiver=SERVICE), method="GET", target="/")
    assert caught.value.code == "store_warming"
    assert caught.value.retry_after is not None
    assert 1 <= caught.value.retry_after <= 5


def test_the_same_in_coroutines(clock: Clock) -> None:
    by, headers = verifier(clock), signed()

    async def twice() -> tuple[str, str]:
        first = await by.verify_async(headers, method="POST", target="/a%20b?x=1")
        with pytest.raises(AuthenticationError) as caught:
            await by.verify_async(headers, method="POST", target="/a%20b?x=1")
        return first.hotkey, caught.value.code

    assert asyncio.run(twice()) == (MINER.ss58_address, "replayed_request")


class Elsewhere:
    """A store that answers from far away."""

    def __init__(self) -> None:
        self.started = 0
        self._memory = memory()
        self._bound: Any = None

    def open(self, context: Any) -> Elsewhere:
        self._bound = self._memory.open(context)
        return self

    async def start(self) -> None:
        self.started += 1

    async def claim(self, claim: Any) -> Any:
        return await self._bound.claim(claim)


def test_a_store_elsewhere_needs_to_be_waited_for(clock: Clock) -> None:
    store = Elsewhere()
    by, headers = verifier(clock, store=store), signed()
    with pytest.raises(ConfigurationError, match="verify_async"):
        verify(by, headers)
    for _ in range(2):
        headers = signed(at=clock.now)
        clock.now += 1
        assert asyncio.run(by.verify_async(headers, method="POST", target="/a%20b?x=1")).hotkey == MINER.ss58_address
    assert store.started == 1


# Settings


@pytest.mark.parametrize(
    "settings",
    [
        {"receiver": []},
        {"max_age": 0},
        {"max_age": 301},
        {"max_age": -1},
        {"max_age": float("nan")},
        {"max_age": float("inf")},
        {"allowed_skew": 11},
        {"body_budget": 301},
        {"schemes": []},
        {"schemes": ["ecdsa"]},
        {"namespace": ""},
        {"namespace": "Upper"},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(clock: Clock, settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        verifier(clock, **settings)
    assert caught.value.code == "invalid_configuration"


def test_a_receiver_is_a_canonical_address(clock: Clock) -> None:
    with pytest.raises(BittensorAuthError) as caught:
        verifier(clock, receiver="14E5nqKAp3oAJcmzgZhUD2RcptBeUBScxKHgJKU4HPNcKVf3")
    assert caught.value.code == "malformed_hotkey"


@pytest.mark.parametrize("missing", ["receiver", "store"])
def test_receiver_and_store_are_not_optional(missing: str) -> None:
    settings: dict[str, Any] = {"receiver": SERVICE, "store": memory()}
    del settings[missing]
    with pytest.raises(TypeError, match=missing):
        Verifier(**settings)
