"""Every attack over HTTP: refused by each of our servers, and not by the naive one that leaves out what stops it."""

from __future__ import annotations

import json
import re

import pytest
from attack import ATTACKS, SLOW_ATTACKS, Attack, Planted, SlowAttack, Verdict
from attacked import Ours
from naive_servers import NaiveTarget
from on_time import restarted
from support.problems import check_refusal
from support.raw_http import Answer
from support.web_server import SECRET

SERVERS = ["fastapi", "express", "fastify", "hono", "axum"]
OTHERS = {
    # The example denies nobody: server/tests/service/extractors.rs.
    ("T63", "axum"),
    # Their HTTP parsers show `/score` and nothing else: the same resource, and the bytes are not to be had.
    ("T13-absolute_form", "fastapi"),
    ("T13-fragment", "fastapi"),
    ("T13-fragment", "axum"),
}
each_server = pytest.mark.parametrize("server", SERVERS)
each_attack = pytest.mark.parametrize("attack", ATTACKS, ids=[attack.id for attack in ATTACKS])
each_slow_attack = pytest.mark.parametrize("attack", SLOW_ATTACKS, ids=[attack.id for attack in SLOW_ATTACKS])
PAIRS = [
    pytest.param(attack, server, id=f"{attack.id}-{server}")
    for attack in ATTACKS
    for server in SERVERS
    if not {(attack.hole, server), (attack.id, server)} & OTHERS
]


def test_the_slow_ones_begin(planted: dict[tuple[str, str], Planted]) -> None:
    assert len(planted) == len(SLOW_ATTACKS) * (len(SERVERS) + 2)


@each_attack
def test_works_where_its_check_is_left_out(attack: Attack, naive_ones: dict[str, NaiveTarget]) -> None:
    verdict = attack.run(naive_ones[attack.hole])
    assert verdict.won, f"this attack shows nothing: {verdict.answer}"


@each_attack
def test_fails_where_no_check_is_left_out(attack: Attack, naive_ones: dict[str, NaiveTarget]) -> None:
    verdict = attack.run(naive_ones[""])
    assert not verdict.won, f"it does not need the hole: {verdict.answer}"


@each_slow_attack
@pytest.mark.parametrize("server", [*SERVERS, "open", "closed"])
def test_waiting_does_not_help(attack: SlowAttack, server: str, planted: dict[tuple[str, str], Planted]) -> None:
    verdict = planted[attack.id, server].verdict.result(20)
    if server in SERVERS:
        check(attack, verdict)
    else:
        assert verdict.won == (server == "open"), verdict.answer


@pytest.mark.parametrize(("attack", "server"), PAIRS)
def test_is_refused(attack: Attack, server: str, ours: dict[str, Ours]) -> None:
    check(attack, attack.run(ours[server]))


@each_server
def test_t23_a_store_that_forgot_is_no_second_chance(server: str, ours: dict[str, Ours]) -> None:
    verdict = restarted(ours[server])
    assert not verdict.won
    assert code_of(verdict.answer) == "store_warming"


def test_t23_works_where_a_store_that_forgot_is_taken_as_it_is(naive_ones: dict[str, NaiveTarget]) -> None:
    assert restarted(naive_ones["T23"]).won
    assert not restarted(naive_ones[""]).won


@each_server
def test_t45_logs_hold_no_secret(server: str, ours: dict[str, Ours]) -> None:
    """After all of this, honest tokens included. That a leak would be found: bindings-python/tests/test_secrets.py."""
    log = ours[server].member.process.log
    assert not re.search(f"bta[sr]_|[0-9a-f]{{128}}|btauth/1|{SECRET}", log), log


def check(attack: Attack | SlowAttack, verdict: Verdict) -> None:
    answer = verdict.answer
    assert not verdict.won, f"accepted: {answer}"
    assert code_of(answer) in attack.codes, answer


def code_of(answer: Answer | None) -> str:
    """The code; empty for what was not to be refused. The form of a refusal is checked as well."""
    assert answer is not None
    if answer.status == 200:
        return ""
    if b"application/problem+json" not in answer.head:
        return str(answer.status)
    lines = [line.partition(b":") for line in answer.head.split(b"\r\n")[1:]]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    assert json.loads(answer.body)
    return check_refusal(answer.status, headers, answer.body)
