"""Servers that share one Redis and one secret are one service: over HTTP, in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from bittensor_auth import Keypair
from support.callers import Caller
from support.processes import wait_until
from support.raw_http import Answer, Connection, ask, json_request
from support.redis_server import RedisServer
from support.web_server import WebServer


class Pair:
    def __init__(self, redis: RedisServer, first: WebServer, second: WebServer) -> None:
        self.redis, self.first, self.second = redis, first, second
        self.receiver = first.receiver

    def start_another(self, log: Path) -> WebServer:
        return WebServer(log, receiver=self.receiver, redis_url=self.redis.url)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    receiver = Keypair.generate("sr25519").ss58_address
    with (
        RedisServer(folder / "redis") as redis,
        WebServer(folder / "first.log", receiver=receiver, redis_url=redis.url) as first,
        WebServer(folder / "second.log", receiver=receiver, redis_url=redis.url) as second,
    ):
        first.wait_until_serving()
        second.wait_until_serving()
        caller = Caller(receiver)
        wait_until(lambda: ask(first.port, caller.request())[0].status == 200, seconds=15, what="the store warms up")
        yield Pair(redis, first, second)
        assert "Traceback" not in first.process.log + second.process.log


def try_to_log_in(server: WebServer, caller: Caller) -> Answer:
    (challenge,) = ask(server.port, json_request("POST", "/auth/challenge", {"hotkey": caller.address}))
    return ask(server.port, json_request("POST", "/auth/session", caller.login_fields(challenge.json())))[0]


def log_in(server: WebServer, caller: Caller) -> dict[str, Any]:
    grant = try_to_log_in(server, caller)
    assert grant.status == 200, grant.code
    return dict(grant.json())


def whoami(server: WebServer, grant: dict[str, Any]) -> Answer:
    return ask(server.port, json_request("GET", "/auth/session", bearer=grant["session_token"]))[0]


def test_what_one_server_accepted_the_other_refuses(pair: Pair) -> None:
    caller = Caller(pair.receiver)
    for here, there in ((pair.first, pair.second), (pair.second, pair.first)):
        request = caller.request()
        (accepted,) = ask(here.port, request)
        (replayed,) = ask(there.port, request)
        assert (accepted.status, replayed.status, replayed.code) == (200, 401, "replayed_request")


def test_one_request_sent_to_both_at_once_passes_at_one(pair: Pair) -> None:
    caller = Caller(pair.receiver)

    async def race() -> list[int]:
        connections = [await Connection.open(server.port) for server in (pair.first, pair.second) for _ in range(5)]
        accepted = []
        for _ in range(50):
            request = caller.request()
            answers = await asyncio.gather(*(connection.send(request) for connection in connections))
            accepted.append(sum(answer.status == 200 for answer in answers))
        for connection in connections:
            connection.close()
        return accepted

    assert asyncio.run(race()) == [1] * 50


def test_a_session_made_at_one_server_works_and_ends_at_the_other(pair: Pair) -> None:
    caller = Caller(pair.receiver)
    # Even the challenge may be answered by the one and used at the other.
    (challenge,) = ask(pair.first.port, json_request("POST", "/auth/challenge", {"hotkey": caller.address}))
    login = json_request("POST", "/auth/session", caller.login_fields(challenge.json(), wrapped=True))
    grant = ask(pair.second.port, login)[0].json()
    assert ask(pair.first.port, login)[0].code == "challenge_used"
    assert whoami(pair.first, grant).json()["hotkey"] == caller.address
    refreshed = ask(pair.first.port, json_request("POST", "/auth/refresh", {"refresh_token": grant["refresh_token"]}))
    token = refreshed[0].json()["session_token"]
    assert ask(pair.second.port, json_request("POST", "/score", bearer=token))[0].status == 200
    assert ask(pair.second.port, json_request("POST", "/auth/logout", bearer=token))[0].status == 200
    for server in (pair.first, pair.second):
        assert whoami(server, grant).code == "session_ended"


def test_a_hundred_tabs_that_refresh_at_both_servers_at_once_all_stay_logged_in(pair: Pair) -> None:
    grant = log_in(pair.first, Caller(pair.receiver))
    refresh = json_request("POST", "/auth/refresh", {"refresh_token": grant["refresh_token"]})

    async def tabs() -> list[Answer]:
        connections = [await Connection.open(server.port) for server in (pair.first, pair.second) for _ in range(50)]
        answers = await asyncio.gather(*(connection.send(refresh) for connection in connections))
        for connection in connections:
            connection.close()
        return list(answers)

    answers = asyncio.run(tabs())
    assert [answer.status for answer in answers] == [200] * 100
    tokens = {(answer.json()["session_token"], answer.json()["refresh_token"]) for answer in answers}
    assert len(tokens) == 1
    (token, _) = tokens.pop()
    for server in (pair.first, pair.second):
        assert whoami(server, {"session_token": token}).status == 200


def test_a_server_that_is_killed_and_replaced_keeps_sessions_and_refuses_replays(pair: Pair, tmp_path: Path) -> None:
    caller = Caller(pair.receiver)
    with pair.start_another(tmp_path / "third.log") as third:
        third.wait_until_serving()
        grant = log_in(third, caller)
        request = caller.request()
        assert ask(third.port, request)[0].status == 200
    with pair.start_another(tmp_path / "fourth.log") as fourth:
        fourth.wait_until_serving()
        assert whoami(fourth, grant).status == 200
        assert ask(fourth.port, request)[0].code == "replayed_request"


def test_sessions_end_with_a_store_that_forgot_them(pair: Pair) -> None:
    caller = Caller(pair.receiver)
    grant = log_in(pair.first, caller)
    pair.redis.client.flushall()
    assert whoami(pair.second, grant).code == "session_ended"
    early = try_to_log_in(pair.first, caller)
    assert (early.status, early.code) == (503, "store_warming")
    # A challenge names whole seconds, so the first wait can end a moment before one is late enough.
    for _ in range(2):
        sleep(float(early.header("retry-after") or 0))
        if (early := try_to_log_in(pair.first, caller)).status == 200:
            break
    assert whoami(pair.second, early.json()).status == 200
    assert whoami(pair.second, grant).code == "session_ended"
