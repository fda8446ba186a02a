"""What an attack is: code that tries something over HTTP, and whether it got what it wanted."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import Any, Protocol

from support.callers import Caller
from support.raw_http import Answer, ask, json_request

from bittensor_auth import Keypair

RECORD_LIFE = 10.3
"""Seconds after which a record is gone that was kept for the window, counted from its receipt."""


NO_ROUTE = "404"
"""Instead of a code: where nothing was asked for, nothing is refused."""
NO_REQUEST = "400"
"""Instead of a code: the HTTP server itself does not read this."""


class Target(Protocol):
    """A server under attack, ours or the naive one, with what only somebody inside could do to it."""

    name: str
    port: int
    sibling: int
    """Port of another server of the same service. It denies nobody."""
    receiver: str
    denied: Keypair

    def stored(self) -> list[str]:
        """Every text in the store."""

    def kept_for_ever(self) -> int:
        """How many entries of the store have no end."""

    def lose_store(self) -> None:
        """The store starts again, empty."""

    def store_stopped(self) -> Any:
        """While this context lasts the store does not answer."""


@dataclass(frozen=True)
class Verdict:
    """What became of an attack."""

    won: bool
    answer: Answer | None


Run = Callable[[Target], Verdict]


@dataclass(frozen=True)
class Attack:
    """One way to try a threat. `codes`: with which of them a server of ours answers; an empty one means that there is
    nothing to refuse, because the attack is on somebody else's request. `hole`: what the naive server has to leave out."""

    id: str
    hole: str
    codes: frozenset[str]
    run: Run


ATTACKS: list[Attack] = []


def attack(threat: str, name: str, *codes: str, hole: str = "") -> Callable[[Run], Run]:
    """Puts a function among the attacks."""

    def add(run: Run) -> Run:
        ATTACKS.append(Attack(f"{threat}-{name.replace(' ', '_')}", hole or threat, frozenset(codes), run))
        return run

    return add


@dataclass(frozen=True)
class Planted:
    """What was sent some time ago, and what is left to do."""

    verdict: Future[Verdict]

    @classmethod
    def waiting(cls, finish: Callable[[], Verdict]) -> Planted:
        """`finish` is called when the time has come, whatever the tests do meanwhile."""
        planted = cls(Future())

        def end() -> None:
            try:
                planted.verdict.set_result(finish())
            except BaseException as failure:
                planted.verdict.set_exception(failure)

        timer = Timer(RECORD_LIFE, end)
        timer.daemon = True
        timer.start()
        return planted


@dataclass(frozen=True)
class SlowAttack:
    """An attack that has to wait, so that the waiting can be shared: `plant` begins it."""

    id: str
    hole: str
    codes: frozenset[str]
    plant: Callable[[Target], Callable[[], Verdict]]


SLOW_ATTACKS: list[SlowAttack] = []


def slow_attack(threat: str, name: str, *codes: str) -> Callable[..., Any]:
    def add(plant: Callable[[Target], Callable[[], Verdict]]) -> Any:
        SLOW_ATTACKS.append(SlowAttack(f"{threat}-{name.replace(' ', '_')}", threat, frozenset(codes), plant))
        return plant

    return add


def gets_in(target: Target, raw: bytes) -> Verdict:
    """The attacker wants this request to be accepted."""
    (answer,) = ask(target.port, raw)
    return Verdict(answer.status == 200, answer)


def shuts_out(target: Target, raw: bytes) -> Verdict:
    """The attacker wants this honest request to be refused."""
    (answer,) = ask(target.port, raw)
    return Verdict(answer.status != 200, answer)


def accepted(port: int, raw: bytes) -> Answer:
    """Part of an attack that anybody may do."""
    (answer,) = ask(port, raw)
    assert answer.status == 200, (answer.status, answer.body)
    return answer


def log_in(target: Target, caller: Caller | None = None, *, port: int | None = None) -> dict[str, Any]:
    """An honest grant."""
    caller, port = caller or Caller(target.receiver), port or target.port
    challenge = accepted(port, json_request("POST", "/auth/challenge", {"hotkey": caller.address})).json()
    return dict(accepted(port, json_request("POST", "/auth/session", caller.login_fields(challenge))).json())


@contextmanager
def connected(target: Target) -> Iterator[socket.socket]:
    """A connection to write pieces to."""
    with socket.create_connection(("127.0.0.1", target.port), 3) as connection:
        yield connection


def has_answer(connection: socket.socket, *, seconds: float = 0.0) -> bool:
    """Whether the server said something, or closed, before it was asked to."""
    return bool(select.select([connection], [], [], seconds)[0])


def read_answer(connection: socket.socket) -> Answer | None:
    """What the server says next; `None` if it says nothing while a client would wait, or closes."""
    received = b""
    try:
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65_536)
            if not piece:
                return None
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0].strip()
        while len(body) < int(length or 0):
            body += connection.recv(65_536)
    except OSError:
        return None
    return Answer(int(head[9:12]), head, body, 0.0)
