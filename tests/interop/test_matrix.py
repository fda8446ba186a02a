"""Every client into every server, on memory and on one shared Redis. The table of it is `docs/interop.md`:
`run --matrix` writes it, and any run of this whole file fails when it is not current."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import matrix
from callers import CALLERS, Caller, log_in_by_hand, plain, refresh, whoami
from differences import difference
from keys import OUR_ALICE, SDK_ALICE, STRANGER
from matrix import BODIES, METHODS, SERVERS, STORES, Cell
from redis_server import shared_redis
from servers import SECRET, SITE, Server, running
from targets import BARE_QUESTION_MARK, TARGETS, Target

SETTINGS = {"ORIGIN": SITE, "SECRET": SECRET}
ALICE = SDK_ALICE["sr25519"].ss58_address
WARM_WITHIN = 20
CELLS: dict[tuple[str, str, str], Cell] = {}
ACROSS: dict[tuple[str, str], str] = {}


@pytest.fixture(scope="module")
def fleets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Server]]]:
    """By store: the servers, each by itself or all of them one service."""
    flavours = list(SERVERS.values())
    with contextlib.ExitStack() as stop:
        url = stop.enter_context(shared_redis(tmp_path_factory.mktemp("redis")))
        alone = stop.enter_context(running(flavours, tmp_path_factory.mktemp("alone"), SETTINGS))
        together = stop.enter_context(
            running(flavours, tmp_path_factory.mktemp("together"), {**SETTINGS, "REDIS_URL": url}, service="fleet")
        )
        for server in together.values():
            _wait_until_warm(server)
        yield {"memory": alone, "Redis": together}


@pytest.fixture(scope="module")
def callers() -> Iterator[dict[str, Caller]]:
    opened = {name: make() for name, make in CALLERS.items()}
    yield opened
    for caller in opened.values():
        caller.close()


def _wait_until_warm(server: Server) -> None:
    """A store that was just started answers 503 until nothing from before can be fresh (`spec/03`)."""
    deadline = time.monotonic() + WARM_WITHIN
    with contextlib.closing(CALLERS["Python httpx"]()) as caller:
        while (answer := caller.send(server, "GET", TARGETS[0])).status == 503:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)
    assert answer.status == 200, answer


cells = pytest.mark.parametrize("store", STORES)
servers_of = pytest.mark.parametrize("server", SERVERS)


@cells
@servers_of
@pytest.mark.parametrize("client", CALLERS)
def test_client_into_server(fleets: Any, callers: Any, store: str, server: str, client: str) -> None:
    place, caller = fleets[store][SERVERS[server]], callers[client]
    cell = Cell()
    for target in [*TARGETS, BARE_QUESTION_MARK]:
        cell.take(_target(place, caller, target))
    for method in METHODS:
        answer = caller.send(place, method, Target("method", "/echo?stream=false"), b'{"a": 1}')
        _assert_seen(answer, method=method, size=8)
    for body in BODIES:
        answer = caller.send(place, "POST", TARGETS[0], body.data)
        _assert_seen(answer, sha256=body.sha256, size=len(body.data))
    wrong = caller.send(place, "POST", TARGETS[0], b"", receiver=STRANGER)
    assert (wrong.status, wrong.json["code"]) == (401, "wrong_receiver")
    _session(place, caller)
    CELLS[store, server, client] = cell


def _target(place: Server, caller: Caller, target: Target) -> str | None:
    """Nothing, or the mark of the difference that refused it."""
    answer = caller.send(place, "GET", target)
    known = difference(place.flavour, answer.wire)
    if known is None:
        _assert_seen(answer, target=answer.wire, method="GET", size=0)
        return None
    assert answer.status == known.status, (target.given, answer)
    if known.code is not None:
        assert answer.json["code"] == known.code, answer
        assert "proxy" in answer.json["hint"]
    return known.mark


def _assert_seen(answer: Any, **expected: object) -> None:
    assert answer.status == 200, answer
    wanted = {"hotkey": ALICE, "scheme": "sr25519", **expected}
    assert {name: answer.json[name] for name in wanted} == wanted


def _session(place: Server, caller: Caller) -> None:
    """Accepted until it is logged out, and never afterwards."""
    login = caller.log_in(place)
    assert login.status == 200, login
    assert (login.json["hotkey"], login.json["target"]) == (ALICE, "/echo/session")
    assert whoami(place, login.token).status == 200
    caller.log_out(place, login.token)
    after = whoami(place, login.token)
    assert (after.status, after.json["code"]) == (401, "session_ended"), after


@servers_of
@pytest.mark.parametrize("other", SERVERS)
def test_session_across_servers(fleets: Any, server: str, other: str) -> None:
    """A challenge of one is answered at the other, and each knows at once what the other did."""
    here, there = (fleets["Redis"][SERVERS[name]] for name in (server, other))
    scheme = "ed25519" if server < other else "sr25519"
    keypair = OUR_ALICE[scheme]
    for asked, answering in [(here, there), (there, here)]:
        grant = log_in_by_hand(plain, asked, answering, keypair, scheme)
        for place in (here, there):
            who = whoami(place, grant["session_token"])
            assert (who.status, who.json["hotkey"]) == (200, keypair.ss58_address)
        refreshed = refresh(asked, grant["refresh_token"])
        assert refreshed.status == 200, refreshed
        assert whoami(answering, refreshed.json["session_token"]).status == 200
        again = refresh(answering, refreshed.json["refresh_token"])
        assert again.status == 200, again
        assert plain("POST", f"{asked.url}/auth/logout", None, again.json["session_token"]).status in (200, 204)
        for place in (here, there):
            for token in (grant, refreshed.json, again.json):
                assert whoami(place, token["session_token"]).status == 401
            ended = refresh(place, again.json["refresh_token"])
            assert ended.status == 401, ended
    ACROSS[server, other] = scheme


@servers_of
@pytest.mark.parametrize("other", SERVERS)
def test_one_request_passes_one_server_once(fleets: Any, server: str, other: str) -> None:
    """Whoever accepted it: on one Redis it is a copy everywhere; with stores of their own each has its own receiver."""
    here, there = (fleets["Redis"][SERVERS[name]] for name in (server, other))
    matrix.assert_accepted_once(here, there)
    if server != other:
        alone = fleets["memory"]
        matrix.assert_refused_elsewhere(alone[SERVERS[server]], alone[SERVERS[other]])


def test_the_table_is_current() -> None:
    wanted = len(STORES) * len(SERVERS) * len(CALLERS), len(SERVERS) ** 2
    if (len(CELLS), len(ACROSS)) != wanted:
        pytest.skip("the table needs all tests above, and all of them passed")
    table = matrix.render(list(CALLERS), CELLS, ACROSS)
    path = Path(__file__).parents[2] / "docs" / "interop.md"
    if "INTEROP_WRITE_MATRIX" in os.environ:
        path.write_text(table)
    assert path.exists(), "expected docs/interop.md: tests/interop/run --matrix"
    assert path.read_text() == table, "docs/interop.md is not what the tests found: tests/interop/run --matrix"
