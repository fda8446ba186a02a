"""What must not pass does not pass, on any server, and the answer says why."""

from __future__ import annotations

import time

import pytest

from keys import SDK_ALICE
from raw import Answer
from refusals import HOTKEY, REFUSALS, SIGNATURE, Refusal, Sent, signed
from servers import OURS, Server

MEMBERS = {"type", "title", "status", "code", "detail", "hint", "retry", "server_time_ms", "request_id"}
pytestmark = pytest.mark.parametrize("server", OURS, indirect=True)


def assert_problem(answer: Answer, status: int, code: str) -> None:
    """The answer is as spec/06 §3 says."""
    problem = answer.json()
    assert (answer.status, problem["code"]) == (status, code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"] == problem["request_id"]
    challenge = f'Bittensor realm="bittensor", error="{code}"' if status == 401 else None
    assert answer.headers["www-authenticate"] == challenge
    ages = {"age_ms", "max_age_ms", "allowed_skew_ms"} if code == "stale_request" else set()
    assert problem.keys() == MEMBERS | ages
    assert (problem["type"], problem["status"]) == (f"urn:bittensor-auth:error:{code}", status)
    assert abs(problem["server_time_ms"] - time.time() * 1_000) < 60_000


def assert_says_nothing(answer: Answer, sent: Sent) -> None:
    """What came in does not come out again."""
    for value in (dict(sent.headers).get(HOTKEY), dict(sent.headers).get(SIGNATURE), sent.body.decode()):
        assert not value or value.encode() not in answer.body


@pytest.mark.parametrize("refusal", REFUSALS, ids=[refusal.name for refusal in REFUSALS])
def test_refusals(server: Server, refusal: Refusal) -> None:
    sent = refusal.make(server)
    answer = sent.to(server)
    assert_problem(answer, refusal.status, refusal.code)
    assert_says_nothing(answer, sent)


@pytest.mark.parametrize("scheme", SDK_ALICE)
def test_replay(server: Server, scheme: str) -> None:
    sent = signed(server, wallet=SDK_ALICE[scheme])
    assert sent.to(server).status == 200
    for _ in range(2):
        assert_problem(sent.to(server), 401, "replayed_request")


def test_replay_with_another_signature(server: Server) -> None:
    """sr25519 is randomised: one nonce can carry many signatures, and many bodies."""
    nonce = time.time_ns()
    assert signed(server, nonce_ns=nonce).to(server).status == 200
    assert_problem(signed(server, nonce_ns=nonce).to(server), 401, "replayed_request")
    other = signed(server, wallet=SDK_ALICE["ed25519"], nonce_ns=nonce)
    assert other.to(server).status == 200, "the nonce of another hotkey"


def test_refused_request_leaves_its_nonce_free(server: Server) -> None:
    sent = signed(server)
    spoiled = Sent(sent.headers, body=b"something else")
    assert_problem(spoiled.to(server), 401, "bad_signature")
    assert sent.to(server).status == 200


def test_open_route_refuses_credentials_that_do_not_hold(server: Server) -> None:
    open_route = Sent([], "GET", "/open", b"")
    assert open_route.to(server).json() == {"hello": "anybody"}
    spoiled = Sent(signed(server).headers, "GET", "/open", b"")
    assert_problem(spoiled.to(server), 401, "bad_signature")


def test_request_id_is_kept(server: Server) -> None:
    answer = Sent([("X-Request-Id", "trace-1.a_B")]).to(server)
    assert_problem(answer, 401, "missing_credentials")
    assert answer.json()["request_id"] == "trace-1.a_B"
