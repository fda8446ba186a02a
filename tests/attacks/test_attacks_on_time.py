"""T20 to T31: waiting, burning, stretching and turning back. Clocks are set, nothing sleeps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bittensor_auth import BittensorAuthError, Keypair, MemoryStore, Policy, Verifier
from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware
from support.asgi_call import Response, call_scope, encoded, reached, scope_of
from support.callers import SECOND, Caller

START = 1_790_000_000 * SECOND
WINDOW = 10
AHEAD = 2
RECEIVER = Keypair.generate("sr25519").ss58_address


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(clock: Clock) -> Verifier:
    return Verifier(RECEIVER, store=MemoryStore(nothing_accepted_before=True), clock=clock)


def code(verifier: Verifier, headers: dict[str, str]) -> str:
    try:
        verifier.verify(headers, method="POST", target="/score")
    except BittensorAuthError as refused:
        return refused.code
    return "ok"


class NaiveGuard:
    """Remembers a nonce for some seconds from its receipt, as many servers do."""

    def __init__(self, clock: Clock, seconds: int) -> None:
        self._clock, self._seconds = clock, seconds
        self._until: dict[object, int] = {}

    def first(self, nonce: object) -> bool:
        if self._until.get(nonce, 0) > self._clock.now:
            return False
        self._until[nonce] = self._clock.now + self._seconds * SECOND
        return True

    def accepts(self, signed: int, nonce: object) -> bool:
        fresh = -AHEAD * SECOND <= self._clock.now - signed <= WINDOW * SECOND
        return fresh and self.first(nonce)


# T20


def test_t20_a_request_dated_ahead_is_remembered_for_as_long_as_it_is_fresh(clock: Clock, verifier: Verifier) -> None:
    ahead = Caller(RECEIVER, clock=clock).headers(at_ns=START + AHEAD * SECOND)
    assert code(verifier, ahead) == "ok"
    codes = []
    for _ in range(2 * (WINDOW + AHEAD) * 10):
        clock.advance(0.1)
        codes.append(code(verifier, ahead))
    assert set(codes) == {"replayed_request", "stale_request"}
    assert codes.count("replayed_request") == (WINDOW + AHEAD) * 10


def test_t20_works_where_records_live_from_receipt(clock: Clock) -> None:
    naive = NaiveGuard(clock, WINDOW)
    signed = START + AHEAD * SECOND
    assert naive.accepts(signed, "nonce")
    clock.advance(WINDOW + 0.5)
    assert naive.accepts(signed, "nonce"), "still fresh, already forgotten"


# T28


def test_t28_a_forged_request_does_not_burn_the_nonce_of_the_real_one(clock: Clock, verifier: Verifier) -> None:
    caller, thief = Caller(RECEIVER, clock=clock), Caller(RECEIVER, clock=clock)
    real = caller.headers(at_ns=START)
    stolen = thief.headers(at_ns=START)
    forged = {**real, "X-Bittensor-Signature": stolen["X-Bittensor-Signature"]}
    assert [code(verifier, forged) for _ in range(3)] == ["bad_signature"] * 3
    assert code(verifier, real) == "ok"


def test_t28_nor_does_a_request_that_policy_refuses(clock: Clock) -> None:
    caller = Caller(RECEIVER, clock=clock)
    store = MemoryStore(nothing_accepted_before=True)
    strict = Verifier(RECEIVER, store=store, policy=Policy.any_hotkey().deny([caller.address]), clock=clock)
    headers = caller.headers()
    assert code(strict, headers) == "hotkey_denied"
    assert store.core.sizes() == (0, 0), "a stranger fills no memory"
    assert code(Verifier(RECEIVER, store=store, clock=clock), headers) == "ok"


def test_t28_works_where_the_nonce_is_stored_before_the_signature_is_checked(clock: Clock) -> None:
    naive = NaiveGuard(clock, 60)

    def verify(nonce: str, signature_holds: bool) -> bool:
        return naive.accepts(START, nonce) and signature_holds

    assert not verify("the victim's", signature_holds=False)
    assert not verify("the victim's", signature_holds=True), "the real request is refused"


# T29


def test_t29_two_callers_may_use_the_same_nonce(clock: Clock, verifier: Verifier) -> None:
    callers = [Caller(RECEIVER, clock=clock) for _ in range(10)]
    assert [code(verifier, caller.headers(at_ns=START)) for caller in callers] == ["ok"] * 10
    assert [code(verifier, caller.headers(at_ns=START)) for caller in callers] == ["replayed_request"] * 10


def test_t29_works_where_nonces_are_remembered_without_their_sender(clock: Clock) -> None:
    naive = NaiveGuard(clock, 60)
    assert naive.accepts(START, nonce=START)
    assert not naive.accepts(START, nonce=START), "another caller is refused"


# T30


@pytest.mark.parametrize("finished_after", [10.1, 13.9, 14.1, 60.0])
def test_t30_a_body_that_dribbles_until_its_record_would_be_dead_is_stale(clock: Clock, finished_after: float) -> None:
    store = MemoryStore(nothing_accepted_before=True)
    app = HotkeyAuthMiddleware(reached, auth=HotkeyAuth(RECEIVER, store=store, clock=clock))
    headers = Caller(RECEIVER, clock=clock).headers(body=b"slow" * 2)

    def wait(piece: int) -> None:
        if piece == 1:
            clock.advance(finished_after)

    assert dribbled(app, headers, wait).code == "stale_request"
    assert store.core.sizes() == (0, 0)


def test_t30_a_budget_for_uploads_is_a_budget_for_the_record_too(clock: Clock) -> None:
    store = MemoryStore(nothing_accepted_before=True)
    app = HotkeyAuthMiddleware(reached, auth=HotkeyAuth(RECEIVER, store=store, clock=clock, body_budget=30))
    headers = Caller(RECEIVER, clock=clock).headers(body=b"slow" * 2)
    answers = []
    for _ in range(45):
        sent_at = clock.now
        # Each upload starts in time and ends as late as the budget allows.
        clock.now = min(sent_at, START + WINDOW * SECOND)

        def finish(piece: int, at: int = sent_at) -> None:
            clock.now = at if piece == 1 else clock.now

        answers.append(dribbled(app, headers, finish))
        clock.now = sent_at
        clock.advance(1)
    assert [answer.status for answer in answers] == [200] + [401] * 44
    assert {answer.code for answer in answers[1:]} == {"replayed_request", "stale_request"}


def test_t30_works_where_freshness_is_only_checked_when_the_headers_arrive(clock: Clock) -> None:
    naive = NaiveGuard(clock, WINDOW + AHEAD)

    def upload(seconds: float) -> bool:
        fresh = clock.now - START <= WINDOW * SECOND
        clock.advance(seconds)
        return fresh and naive.first("nonce")

    assert upload(0)
    clock.advance(WINDOW)
    assert upload(AHEAD + 1), "opened while fresh, claimed when the record is gone"


# T31


def test_t31_a_clock_that_is_set_back_revives_nothing(clock: Clock, verifier: Verifier) -> None:
    caller = Caller(RECEIVER, clock=clock)
    recorded = caller.headers()
    assert code(verifier, recorded) == "ok"
    clock.advance(60)
    assert code(verifier, caller.headers()) == "ok"
    for back in (60, 59, 55, 50, 45):
        clock.now = START + (60 - back) * SECOND
        assert code(verifier, recorded) in ("replayed_request", "stale_request")


def test_t31_works_where_records_are_dropped_by_the_wall_clock_alone(clock: Clock) -> None:
    remembered = {"nonce": START + 14 * SECOND}
    clock.advance(60)
    remembered = {nonce: until for nonce, until in remembered.items() if until > clock.now}
    clock.advance(-60)
    assert "nonce" not in remembered, "forgotten, and fresh again"


def dribbled(app: HotkeyAuthMiddleware, headers: dict[str, str], before_piece: Any) -> Response:
    scope = scope_of("POST", "/score", encoded(headers))
    return asyncio.run(call_scope(app, scope, b"slow", b"slow", before_piece=before_piece))
