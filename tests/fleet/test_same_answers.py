"""Every server answers the same refused request with the same bytes: status, headers and problem."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from faults import REQUEST_ID, faults
from fleet import Fleet, log_in
from members import KINDS
from support.callers import Caller
from support.hostile import requests
from support.raw_http import Answer, Connection, Lost

HEADERS = ("content-type", "content-length", "cache-control", "www-authenticate", "x-request-id")
"""Those that a refusal promises. `Retry-After` depends on the moment."""
KNOWN = {"challenge: 4000 bytes of UTF-16", "challenge: a mark at the start"}
"""Both are refused. The Python server reads them as JSON first; spec/04 §8 says UTF-8. Empty this when it does too."""


class Seen(NamedTuple):
    """An answer without what differs from one moment to the next."""

    status: int
    headers: tuple[str | None, ...]
    problem: dict[str, Any] | None


def test_every_fault_is_refused_in_the_same_words(fleet: Fleet, report: Callable[[str], None]) -> None:
    grant = log_in(fleet.ports[0], Caller(fleet.receiver))
    seen = [[(name, _ask(member.port, raw)) for name, raw in faults(fleet.receiver, grant)] for member in fleet.members]
    codes: Counter[str] = Counter()
    for (name, first), *others in zip(*seen, strict=True):
        assert first is not None and first.problem is not None, f"{name}: {first}"
        for kind, (_, other) in zip(KINDS[1:], others, strict=True):
            assert other == first, f"{name}: {kind.name} answers {other}, {KINDS[0].name} answers {first}"
        codes[first.problem["code"]] += 1
    report(f"the same refusal from {', '.join(kind.name for kind in KINDS)}: {dict(codes)}")


def test_hostile_requests_get_one_verdict(fleet: Fleet, report: Callable[[str], None]) -> None:
    """What no HTTP server reads is refused by the server itself, in its own words; everything else alike."""
    caller = Caller(fleet.receiver)
    counts: Counter[str] = Counter()
    different: dict[str, set[tuple[int, str]]] = {}
    for hostile in requests(caller):
        head = [f"{hostile.method} ".encode() + hostile.target + b" HTTP/1.1", b"host: x"]
        head += [name + b": " + value for name, value in hostile.headers]
        body = b"".join(hostile.pieces)
        raw = b"\r\n".join(
            [*head, b"x-request-id: %s" % REQUEST_ID.encode(), b"content-length: %d" % len(body), b"", b""]
        )
        seen = [_ask(member.port, raw + body) for member in fleet.members]
        read = [one for one in seen if one is not None and one.problem is not None]
        unread = [one for one in seen if one is None or one.problem is None]
        assert all(one is None or one.status in (400, 404, 405, 414, 431) for one in unread), (
            f"{hostile.name}: {unread}"
        )
        verdicts = {(one.status, one.problem["code"]) for one in read if one.problem}
        if len(verdicts) > 1:
            different[hostile.name] = verdicts
        counts["alike" if len(read) == len(seen) else "read by some" if read else "read by none"] += 1
    report(f"hostile requests: {dict(counts)}")
    assert set(different) == KNOWN
    assert counts["alike"] > 200, "nothing was shown"


def _ask(port: int, raw: bytes) -> Seen | None:
    """`None`: the server closed the connection instead of answering."""

    async def send() -> Answer:
        connection = await Connection.open(port)
        try:
            return await asyncio.wait_for(connection.send(raw), 10)
        finally:
            connection.close()

    try:
        answer = asyncio.run(send())
    except Lost:
        return None
    if answer.code == "":
        return Seen(answer.status, (), None)
    problem = answer.json()
    del problem["server_time_ms"]
    if problem.pop("age_ms", None) is not None:
        problem["detail"] = re.sub(r"[0-9]+ ms (old|ahead)", r"\1", problem["detail"])
    return Seen(answer.status, tuple(answer.header(name) for name in HEADERS), problem)
