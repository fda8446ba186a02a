"""Servers in several languages that share one Redis and one secret are one service."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from time import perf_counter

import pytest
import redis.asyncio
from bittensor_auth.redis import RedisStore
from bittensor_auth.asgi import HotkeyAuth
from fleet import Fleet, log_in, log_out, refresh, whoami
from members import KINDS
from support.callers import Caller
from support.raw_http import Connection, ask, json_request
from support.web_server import ORIGIN, SECRET

REQUESTS = 1_000
COPIES = 50
PAIRS = list(product(range(len(KINDS)), repeat=2))
NAMES = [f"{KINDS[here].name}-{KINDS[there].name}" for here, there in PAIRS]


def test_of_fifty_copies_that_arrive_at_once_at_all_servers_one_passes(
    fleet: Fleet, report: Callable[[str], None]
) -> None:
    started = perf_counter()
    answers, most_accepted, by_server = asyncio.run(_race(fleet))
    seconds = perf_counter() - started
    total = REQUESTS * COPIES
    report(
        f"replay race over {', '.join(kind.name for kind in KINDS)}: {total} requests ({REQUESTS} × {COPIES}), "
        f"{answers[200, '']} accepted {dict(by_server)}, {answers[401, 'replayed_request']} refused as replays, "
        f"{seconds:.1f} s, {total / seconds:.0f} requests/s"
    )
    assert answers == {(200, ""): REQUESTS, (401, "replayed_request"): total - REQUESTS}
    assert most_accepted == 1
    assert set(by_server) == {kind.name for kind in KINDS}, "every server must win some, or they did not race"


async def _race(fleet: Fleet) -> tuple[Counter[tuple[int, str]], int, Counter[str]]:
    """Every copy on a connection of its own, spread evenly over the servers."""
    members = [fleet.members[copy % len(fleet.members)] for copy in range(COPIES)]
    connections = [await Connection.open(member.port) for member in members]
    callers = [Caller(fleet.receiver) for _ in range(20)]
    answers: Counter[tuple[int, str]] = Counter()
    by_server: Counter[str] = Counter()
    most_accepted = 0
    for number in range(REQUESTS):
        copy = callers[number % len(callers)].request(body=b'{"n":%d}' % number)
        # Each server is the first to be sent to in its turn.
        order = range(number % len(members), number % len(members) + COPIES)
        sent = [(members[at % COPIES], connections[at % COPIES].send(copy)) for at in order]
        copies = [(member, await asyncio.wait_for(answer, 10)) for member, answer in sent]
        accepted = [member.kind.name for member, answer in copies if answer.status == 200]
        most_accepted = max(most_accepted, len(accepted))
        by_server.update(accepted)
        answers.update((answer.status, answer.code) for _, answer in copies)
    for connection in connections:
        connection.close()
    return answers, most_accepted, by_server


@pytest.mark.parametrize(("here", "there"), PAIRS, ids=NAMES)
def test_a_session_made_at_one_server_lives_and_ends_at_the_other(fleet: Fleet, here: int, there: int) -> None:
    first, second = fleet.ports[here], fleet.ports[there]
    caller = Caller(fleet.receiver)
    # Even the challenge may be answered by the one and used at the other.
    (challenge,) = ask(first, json_request("POST", "/auth/challenge", {"hotkey": caller.address}))
    login = json_request("POST", "/auth/session", caller.login_fields(challenge.json(), wrapped=True))
    grant = ask(second, login)[0].json()
    assert ask(first, login)[0].code == "challenge_used"

    who = whoami(first, grant["session_token"]).json()
    assert (who["hotkey"], who["scheme"], who["expires_at"]) == (caller.address, "sr25519", grant["expires_at"])
    (score,) = ask(first, json_request("POST", "/score", bearer=grant["session_token"]))
    assert score.json() == {"hotkey": caller.address, "via": "session"}

    renewed = refresh(first, grant["refresh_token"]).json()
    # A tab that comes a moment later, at the other server, gets the very same tokens.
    again = refresh(second, grant["refresh_token"]).json()
    assert {**again, "server_time_ms": 0} == {**renewed, "server_time_ms": 0}
    assert whoami(second, renewed["session_token"]).status == 200

    ended = log_out(second, renewed["session_token"])
    assert (ended.status, ended.json()["ended"]) == (200, True)
    for port in (first, second):
        assert whoami(port, renewed["session_token"]).code == "session_ended"
        assert refresh(port, renewed["refresh_token"]).code == "session_ended"


@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_every_server_loads_the_scripts_of_the_standard_and_no_other(fleet: Fleet, number: int) -> None:
    port, client = fleet.ports[number], fleet.redis.client
    client.script_flush()
    caller = Caller(fleet.receiver)
    assert ask(port, caller.request())[0].status == 200
    assert refresh(port, log_in(port, caller)["refresh_token"]).status == 200
    registry = json.loads((Path(__file__).parents[2] / "spec" / "constants.json").read_text())
    hashes = [script["sha1"] for script in registry["redis"]["scripts"].values()]
    assert client.script_exists(*hashes) == [True] * 3
    assert fleet.redis.info("number_of_cached_scripts") == 3


@pytest.mark.parametrize("number", range(len(KINDS)), ids=[kind.name for kind in KINDS])
def test_every_request_costs_one_round_trip(fleet: Fleet, number: int) -> None:
    port, client = fleet.ports[number], fleet.redis.client
    caller = Caller(fleet.receiver)
    token = log_in(port, caller)["session_token"]
    assert ask(port, caller.request())[0].status == 200  # loads the script

    def commands_of(requests: list[bytes]) -> dict[str, int]:
        client.config_resetstat()
        assert {answer.status for answer in ask(port, *requests)} == {200}
        counted = client.info("commandstats")
        inside = {"info", "time", "get", "set"}  # what the script itself runs
        names = {name.removeprefix("cmdstat_").partition("|")[0]: row["calls"] for name, row in counted.items()}
        return {name: calls for name, calls in names.items() if name not in inside | {"config"}}

    assert commands_of([caller.request() for _ in range(50)]) == {"evalsha": 50}
    assert commands_of([json_request("POST", "/score", bearer=token)] * 50) == {"mget": 50}


def test_revoking_a_hotkey_ends_its_sessions_at_every_server(fleet: Fleet) -> None:
    caller = Caller(fleet.receiver)
    tokens = [log_in(port, caller)["session_token"] for port in fleet.ports]
    assert all(whoami(port, token).status == 200 for port, token in product(fleet.ports, tokens))

    async def revoke() -> None:
        client = redis.asyncio.Redis.from_url(fleet.redis.url)
        auth = HotkeyAuth(fleet.receiver, store=RedisStore(client), origin=ORIGIN, secret=SECRET)
        await auth.revoke(caller.address)
        await client.aclose()

    asyncio.run(revoke())
    for port, token in product(fleet.ports, tokens):
        assert whoami(port, token).code == "session_ended"


def test_a_hundred_tabs_that_refresh_at_all_servers_at_once_all_stay_logged_in(fleet: Fleet) -> None:
    grant = log_in(fleet.ports[0], Caller(fleet.receiver))
    request = json_request("POST", "/auth/refresh", {"refresh_token": grant["refresh_token"]})

    async def tabs() -> list[tuple[int, str]]:
        connections = [await Connection.open(fleet.ports[tab % len(fleet.ports)]) for tab in range(100)]
        answers = await asyncio.gather(*(connection.send(request) for connection in connections))
        for connection in connections:
            connection.close()
        return [(answer.status, json.loads(answer.body).get("refresh_token", answer.code)) for answer in answers]

    outcomes = set(asyncio.run(tabs()))
    assert len(outcomes) == 1 and {status for status, _ in outcomes} == {200}
