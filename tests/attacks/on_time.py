"""T20 to T32: replays, waits, wrong units and nonces that are somebody else's."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from attack import Target, Verdict, accepted, attack, gets_in, has_answer, read_answer, shuts_out, slow_attack
from on_requests import signed_again
from support.callers import SECOND, Caller
from support.raw_http import ask, json_request, request
from support.wire_format import request_message


@slow_attack("T20", "replay when the record is gone", "replayed_request")
def outlived(at: Target) -> Callable[[], Verdict]:
    ahead = Caller(at.receiver).request(ahead=1.9)
    accepted(at.port, ahead)
    return lambda: gets_in(at, ahead)


@slow_attack("T30", "body that ends when the record is gone", "stale_request")
def dribbled(at: Target) -> Callable[[], Verdict]:
    """Two copies: one is claimed at once, the other was begun in time and ends later."""
    raw = Caller(at.receiver).request(body=b"slow")
    connection = socket.create_connection(("127.0.0.1", at.port), 3)
    connection.sendall(raw[:-2])
    accepted(at.port, raw)

    def finish() -> Verdict:
        with connection:
            if not has_answer(connection):
                connection.sendall(raw[-2:])
            answer = read_answer(connection)
        return Verdict(answer is not None and answer.status == 200, answer)

    return finish


def dated(threat: str, name: str, nonce_of: Callable[[int], int]) -> None:
    @attack(threat, name, "stale_request")
    def run(at: Target) -> Verdict:
        # As many digits as an honest nonce has decide nothing.
        headers = Caller(at.receiver).headers(at_ns=nonce_of(time.time_ns()))
        return gets_in(at, request("POST", "/score", headers))


dated("T21", "three seconds ahead", lambda now: now + 3 * SECOND)
dated("T21", "a year ahead", lambda now: now + 31_557_600 * SECOND)
dated("T22", "seconds", lambda now: now // SECOND)
dated("T22", "milliseconds", lambda now: now // 1_000_000)
dated("T22", "microseconds", lambda now: now // 1_000)


@attack("T25", "challenges push the record out", "replayed_request")
def evicted(at: Target) -> Verdict:
    caller = Caller(at.receiver)
    raw = caller.request()
    accepted(at.port, raw)
    ask(at.port, *[json_request("POST", "/auth/challenge", {"hotkey": caller.address})] * 200)
    return gets_in(at, raw)


@attack("T26", "at another server", "replayed_request")
def elsewhere(at: Target) -> Verdict:
    raw = Caller(at.receiver).request()
    accepted(at.sibling, raw)
    return gets_in(at, raw)


@attack("T27", "at once", "replayed_request")
def at_once(at: Target) -> Verdict:
    raw = Caller(at.receiver).request()
    accepted(at.port, raw)
    return gets_in(at, raw)


@attack("T28", "a forgery burns the nonce", "")
def burnt(at: Target) -> Verdict:
    victim = Caller(at.receiver)
    headers = victim.headers()
    forged = {**headers, "X-Bittensor-Signature": Caller(at.receiver).headers()["X-Bittensor-Signature"]}
    (refused,) = ask(at.port, request("POST", "/score", forged))
    assert refused.status == 401
    return shuts_out(at, request("POST", "/score", headers))


@attack("T29", "the nonce of another caller", "")
def same_nonce(at: Target) -> Verdict:
    moment = time.time_ns()
    attacker, victim = Caller(at.receiver), Caller(at.receiver)
    accepted(at.port, request("POST", "/score", attacker.headers(at_ns=moment)))
    return shuts_out(at, request("POST", "/score", victim.headers(at_ns=moment)))


@attack("T44", "a nonce that is rounded", "bad_signature")
def rounded(at: Target) -> Verdict:
    """A number above 2^53 stands for its neighbours as well where numbers are floating."""
    caller = Caller(at.receiver)
    exact = int(float(time.time_ns()))
    headers = caller.headers(at_ns=exact)
    accepted(at.port, request("POST", "/score", headers))
    return gets_in(at, request("POST", "/score", {**headers, "X-Bittensor-Nonce": str(exact + 1)}))


def restarted(at: Target) -> Verdict:
    """T23; outside the list because the store is everybody's."""
    raw = Caller(at.receiver).request(ahead=1.8)
    deadline = time.monotonic() + 5
    while ask(at.port, raw)[0].status != 200:
        # The last restart was a moment ago.
        assert time.monotonic() < deadline
        time.sleep(0.1)
        raw = Caller(at.receiver).request(ahead=1.8)
    at.lose_store()
    return gets_in(at, raw)


def spelled_again(name: str, code: str, template: str) -> None:
    """T43: honest first, then the same signature under another spelling."""

    @attack("T43", name, code)
    def run(at: Target) -> Verdict:
        headers = Caller(at.receiver).headers()
        accepted(at.port, request("POST", "/score", headers))
        nonce = template.format(headers["X-Bittensor-Nonce"])
        return gets_in(at, request("POST", "/score", {**headers, "X-Bittensor-Nonce": nonce}))


spelled_again("nonce with a sign", "malformed_nonce", "+{}")
spelled_again("nonce with a zero", "malformed_nonce", "0{}")
spelled_again("nonce with an underscore", "malformed_nonce", "0_{}")


def lenient(name: str, header: str, value: str, code: str) -> None:
    @attack("T43", name, code)
    def run(at: Target) -> Verdict:
        caller = Caller(at.receiver)
        headers = caller.headers()
        signed = signed_again(caller, headers, request_message(headers, "POST", "/score"))
        return gets_in(at, request("POST", "/score", {**signed, header: value}))


lenient("version with a zero", "X-Bittensor-Version", "01", "unsupported_version")
lenient("version with a sign", "X-Bittensor-Version", "+1", "unsupported_version")
lenient("scheme in capitals", "X-Bittensor-Crypto", "SR25519", "unknown_scheme")
