"""T50 to T54: requests that cost the server more than they cost the attacker."""

from __future__ import annotations

from attack import Target, Verdict, attack, connected, has_answer, log_in, read_answer
from support.callers import Caller
from support.raw_http import Answer, ask, json_request, request

STALLS = 0.1
"""Seconds of a whole process for one request."""
LIMIT = 1_048_576
"""Bytes of a body that a server takes."""


@attack("T50", "long address", "header_too_long")
def long_address(at: Target) -> Verdict:
    headers = {**Caller(at.receiver).headers(), "X-Bittensor-Hotkey": "Z" * 5_000}
    raw = request("POST", "/score", headers)
    answers = [ask(at.port, raw)[0] for _ in range(3)]
    return Verdict(min(answer.seconds for answer in answers) > STALLS, answers[0])


@attack("T51", "anonymous challenges", "")
def challenges(at: Target) -> Verdict:
    before = set(at.stored())
    raw = json_request("POST", "/auth/challenge", {"hotkey": Caller(at.receiver).address})
    answers = ask(at.port, *[raw] * 50)
    assert {answer.status for answer in answers} == {200}
    return Verdict(len(set(at.stored()) - before) >= 50, answers[-1])


@attack("T51", "requests of strangers", "bad_signature", hole="T28")
def strangers(at: Target) -> Verdict:
    """Forgeries leave nothing behind."""
    before = set(at.stored())
    answers = []
    for _ in range(20):
        headers = {**Caller(at.receiver).headers(), "X-Bittensor-Signature": "0x" + "1b" * 64}
        answers += ask(at.port, request("POST", "/score", headers))
    return Verdict(len(set(at.stored()) - before) >= 20, answers[-1])


@attack("T53", "endless body", "payload_too_large")
def endless(at: Target) -> Verdict:
    """Chunks without an end; an attacker wins when megabytes are taken from it without a word."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in Caller(at.receiver).headers().items())
    with connected(at) as connection:
        connection.sendall(f"POST /score HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{lines}\r\n".encode())
        # One byte more than is allowed, so that an answer can stand only for that; then the rest, if nobody objects.
        connection.sendall(_chunk(LIMIT) + _chunk(1))
        objected = has_answer(connection, seconds=1.0)
        if not objected:
            connection.sendall(_chunk(3 * LIMIT) + b"0\r\n\r\n")
        answer = read_answer(connection)
    return Verdict(not objected, answer)


@attack("T53", "body behind a bad head", "malformed_nonce")
def waits_for_the_body(at: Target) -> Verdict:
    """The head cannot be accepted, so nobody waits for the body."""
    headers = {**Caller(at.receiver).headers(), "X-Bittensor-Nonce": "none"}
    head = request("POST", "/score", headers).replace(b"Content-Length: 0", b"Content-Length: 1000000")
    with connected(at) as connection:
        connection.settimeout(1.0)
        connection.sendall(head)
        answer = read_answer(connection)
    return Verdict(answer is None, answer)


@attack("T54", "logins that leave something for ever", "")
def logins(at: Target) -> Verdict:
    caller = Caller(at.receiver)
    log_in(at, caller)
    before = at.kept_for_ever()
    for _ in range(10):
        token = log_in(at, caller)["session_token"]
        ask(at.port, json_request("POST", "/auth/logout", bearer=token))
    return Verdict(at.kept_for_ever() > before, _nothing_refused())


def _chunk(size: int) -> bytes:
    return b"%x\r\n" % size + b"x" * size + b"\r\n"


def _nothing_refused() -> Answer:
    return Answer(200, b"", b"", 0.0)
