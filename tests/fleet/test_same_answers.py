"""Every server answers the same refused request with the same bytes: status, headers and problem."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any, NamedTuple

from faults import REQUEST_ID, cookie_faults, faults
from fleet import Fleet, cookies_of, log_in, log_in_by_cookie, page_request, whoami
from members import KINDS
from support.callers import Caller
from support.hostile import requests
from support.raw_http import Answer, Connection, Lost, ask

HEADERS = ("content-type", "content-length", "cache-control", "www-authenticate", "x-request-id", "set-cookie")
"""Those that a refusal promises. `Retry-After` depends on the moment."""


class Seen(NamedTuple):
    """An answer without what differs from one moment to the next."""

    status: int
    headers: tuple[list[str], ...]
    problem: dict[str, Any] | None


def test_every_fault_is_refused_in_the_same_words(fleet: Fleet, report: Callable[[str], None]) -> None:
    grant = log_in(fleet.ports[0], Caller(fleet.receiver))
    _compare(fleet, lambda: faults(fleet.receiver, grant), report)
    for port in fleet.ports:
        assert whoami(port, grant["session_token"]).status == 200, "no refusal ended the session"


def test_every_fault_with_cookies_is_refused_in_the_same_words(fleet: Fleet, report: Callable[[str], None]) -> None:
    cookies = cookies_of(log_in_by_cookie(fleet.ports[0], Caller(fleet.receiver)))
    _compare(fleet, lambda: cookie_faults(fleet.receiver, cookies), report)
    for port in fleet.ports:
        (who,) = ask(port, page_request("GET", "/auth/session", cookies=cookies))
        assert who.status == 200, "no refusal ended the session"
        (next_,) = ask(port, page_request("POST", "/auth/refresh", {"tokens": "cookie"}, cookies=cookies))
        assert next_.status == 200, "no refusal used the refresh token up"


def test_cookies_are_given_and_taken_in_the_same_words(fleet: Fleet) -> None:
    """One session each, begun, used, refreshed and ended by one member after the other."""
    stories = []
    for first in range(len(fleet.ports)):
        ports = cycle(fleet.ports[first:] + fleet.ports[:first])
        caller = Caller(fleet.receiver)
        story = [log_in_by_cookie(next(ports), caller)]
        cookies = cookies_of(story[0])
        assert len(cookies) == 2
        for _ in fleet.ports:
            story += ask(next(ports), page_request("GET", "/auth/session", cookies=cookies))
            story += ask(next(ports), page_request("POST", "/score", cookies=cookies))
            story += ask(next(ports), page_request("POST", "/auth/refresh", {"tokens": "cookie"}, cookies=cookies))
            assert cookies.keys() == cookies_of(story[-1]).keys()
            assert not set(cookies.values()) & set(cookies_of(story[-1]).values())
            cookies = cookies_of(story[-1])
            assert story[-2].json() == {"hotkey": caller.address, "via": "session"}
        story += ask(next(ports), page_request("POST", "/auth/logout", cookies=cookies))
        assert [answer.status for answer in story] == [200] * len(story)
        for port in fleet.ports:
            (gone,) = ask(port, page_request("POST", "/auth/refresh", {"tokens": "cookie"}, cookies=cookies))
            assert gone.code == "session_ended"
            story.append(gone)
        assert not any(b"bta" in answer.body.replace(b"urn:bittensor-auth", b"") for answer in story), "a token"
        stories.append([_told(answer) for answer in story])
    assert stories[1:] == stories[:-1]
    assert [len(cookies) for _, _, cookies in stories[0]][-3:] == [2] * 3, "ended, and refused because it is over"


def _told(answer: Answer) -> tuple[list[list[str]], list[str], list[str]]:
    """Headers, names of the members in order, and cookies without their tokens."""
    names = ("content-type", "cache-control", "www-authenticate")
    cookies = [re.sub(r"=bta[sr]_[\w-]{124};", "=…;", value) for value in answer.headers("set-cookie")]
    seconds = [re.sub(r"Max-Age=(899|900);", "Max-Age=900;", value) for value in cookies]
    return (
        # Some frameworks name the charset of what a handler answers.
        [[value.removesuffix("; charset=utf-8") for value in answer.headers(name)] for name in names],
        list(answer.json()),
        [re.sub(r"Max-Age=(7199|7200);", "Max-Age=7200;", value) for value in seconds],
    )


def _compare(fleet: Fleet, asked: Callable[[], Iterator[tuple[str, bytes]]], report: Callable[[str], None]) -> None:
    seen = [[(name, _ask(member.port, raw)) for name, raw in asked()] for member in fleet.members]
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
    assert different == {}
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
    return Seen(answer.status, tuple(answer.headers(name) for name in HEADERS), problem)
