"""Sessions behave the same on the memory of one process and on a real Redis; one test code for both."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pytest
import redis.asyncio
from bittensor_auth import Keypair, MemoryStore, Policy
from bittensor_auth.asgi import HotkeyAuth
from bittensor_auth.redis import RedisStore
from support.people import Person, code_of, log_out, refresh, whoami
from support.redis_server import RedisServer

SECRET = b"a secret of the tests, long enough"
ORIGIN = "https://dash.example.org"
RECEIVER = Keypair.generate("sr25519").ss58_address
WARM_UP = 3.1
"""Seconds until a Redis that has just started takes logins: `node_skew`, and challenges name whole seconds."""


class Stores:
    """Makes services on one kind of store; all that it makes share one store."""

    def __init__(self, redis_url: str | None) -> None:
        self.kind = "memory" if redis_url is None else "redis"
        self._url = redis_url
        self._memory = MemoryStore(nothing_accepted_before=True)

    def run(self, test: Callable[[Callable[..., HotkeyAuth]], Awaitable[None]]) -> None:
        """Runs a test in an event loop with a client of its own."""

        async def in_loop() -> None:
            client = None if self._url is None else redis.asyncio.Redis.from_url(self._url)
            store: Any = self._memory if client is None else RedisStore(client)
            try:
                await test(lambda **settings: service(store, **settings))
            finally:
                if client is not None:
                    await client.aclose()

        asyncio.run(in_loop())


def service(store: Any, **settings: Any) -> HotkeyAuth:
    return HotkeyAuth(RECEIVER, store=store, origin=ORIGIN, secret=SECRET, **settings)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("sessions")) as server:
        Stores(server.url).run(lambda service: service().start())
        sleep(WARM_UP)
        yield server


@pytest.fixture(params=["memory", "redis"])
def stores(request: pytest.FixtureRequest, server: RedisServer) -> Stores:
    return Stores(server.url if request.param == "redis" else None)


def test_a_hundred_refreshes_at_once_are_one_rotation_and_every_tab_goes_on(
    stores: Stores, server: RedisServer, report: Callable[[str], None]
) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        person = Person(auth, RECEIVER)
        first = await person.log_in()
        grants = await asyncio.gather(*(refresh(auth, first) for _ in range(100)))
        tokens = {(grant["session_token"], grant["refresh_token"]) for grant in grants}
        working = [await code_of(whoami(auth, grant)) for grant in grants]
        report(
            f"100 refreshes at once, {stores.kind}: {len(tokens)} pair of tokens, {working.count('ok')} tabs logged in"
        )
        assert len(tokens) == 1
        assert working == ["ok"] * 100
        second = await refresh(auth, grants[57])
        assert (second["session_token"], second["refresh_token"]) not in tokens
        if stores.kind == "redis":
            session = (await auth.resume(second["session_token"]))[0].session_id
            (record,) = server.client.mget(server.client.keys(f"bta:*:f:{session}*"))
            assert record.split(b"|")[2] == b"2", "one rotation for the hundred, one for the last"

    stores.run(test)


def test_a_refresh_token_that_turns_up_after_the_grace_ends_the_session(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service(refresh_grace=0.2)
        stolen = await Person(auth, RECEIVER).log_in()
        current = await refresh(auth, stolen)
        await asyncio.sleep(0.3)
        assert await code_of(whoami(auth, current)) == "ok"
        assert await code_of(refresh(auth, stolen)) == "refresh_reused"
        assert await code_of(whoami(auth, current)) == "session_ended"
        assert await code_of(refresh(auth, current)) == "session_ended"
        assert await code_of(whoami(auth, stolen)) == "session_ended"

    stores.run(test)


def test_without_grace_the_second_of_two_refreshes_a_moment_later_ends_the_session(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service(refresh_grace=0)
        first = await Person(auth, RECEIVER).log_in()
        current = await refresh(auth, first)
        await asyncio.sleep(0.01)
        assert await code_of(refresh(auth, first)) == "refresh_reused"
        assert await code_of(whoami(auth, current)) == "session_ended"

    stores.run(test)


def test_a_logout_ends_this_session_and_no_other(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        person = Person(auth, RECEIVER)
        ended, kept = await person.log_in(), await person.log_in()
        await log_out(auth, ended)
        assert await code_of(whoami(auth, ended)) == "session_ended"
        assert await code_of(refresh(auth, ended)) == "session_ended"
        assert await code_of(log_out(auth, ended)) == "ok", "whether it was there does not show"
        assert await code_of(whoami(auth, kept)) == "ok"

    stores.run(test)


def test_a_revocation_ends_all_sessions_of_one_hotkey_also_while_they_refresh(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        person, other = Person(auth, RECEIVER), Person(auth, RECEIVER)
        sessions = [await person.log_in() for _ in range(10)]
        bystander = await other.log_in()
        racing = [refresh(auth, session) for session in sessions for _ in range(5)]
        results = await asyncio.gather(*racing[:25], auth.revoke(person.address), *racing[25:], return_exceptions=True)
        grants = [result for result in results if isinstance(result, dict)]
        for grant in (*sessions, *grants):
            assert await code_of(whoami(auth, grant)) == "session_ended"
            assert await code_of(refresh(auth, grant)) == "session_ended"
        assert await code_of(whoami(auth, bystander)) == "ok"
        again = await person.log_in()
        assert await code_of(whoami(auth, again)) == "ok"
        assert await code_of(whoami(auth, sessions[0])) == "session_ended", "a later login revives nothing"

    stores.run(test)


def test_a_denied_hotkey_loses_its_session_at_the_next_request(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        person = Person(auth, RECEIVER)
        grant = await person.log_in()
        challenge = await person.challenge()
        strict = service(policy=Policy.any_hotkey().deny([person.address]))
        assert await code_of(whoami(auth, grant)) == "ok"
        assert await code_of(whoami(strict, grant)) == "hotkey_denied"
        assert await code_of(refresh(strict, grant)) == "hotkey_denied"
        assert await code_of(Person(strict, RECEIVER, person.caller.keypair).log_in()) == "hotkey_denied"
        # Nothing of it was written: where the hotkey is welcome, session and challenge are still good.
        assert await code_of(whoami(auth, await refresh(auth, grant))) == "ok"
        assert await code_of(person.log_in(challenge)) == "ok"

    stores.run(test)


def test_a_challenge_logs_in_once_however_many_try_at_once(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        person = Person(auth, RECEIVER)
        challenge = await person.challenge()
        codes = await asyncio.gather(*(code_of(person.log_in(challenge)) for _ in range(50)))
        assert sorted(codes) == ["challenge_used"] * 49 + ["ok"]

    stores.run(test)


def test_a_wrong_signature_burns_no_challenge(stores: Stores) -> None:
    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        person, thief = Person(auth, RECEIVER), Person(auth, RECEIVER)
        challenge = await person.challenge()
        forged = {**thief.caller.login_fields(challenge), "hotkey": person.address}
        assert await code_of(auth.log_in((), json.dumps(forged).encode())) == "bad_signature"
        assert await code_of(thief.log_in(challenge)) == "invalid_challenge"
        assert await code_of(person.log_in(challenge)) == "ok"

    stores.run(test)


def test_a_dump_of_redis_holds_no_piece_of_any_token(server: RedisServer, tmp_path: Path) -> None:
    tokens: list[str] = []

    async def test(service: Callable[..., HotkeyAuth]) -> None:
        auth = service()
        for _ in range(5):
            grant = await Person(auth, RECEIVER).log_in()
            tokens.extend((grant["session_token"], grant["refresh_token"]))
            grant = await refresh(auth, grant)
            tokens.extend((grant["session_token"], grant["refresh_token"]))

    Stores(server.url).run(test)
    keys = server.client.keys("*")
    values = [server.client.get(key) for key in keys]
    server.client.save()
    dump = b"\n".join((*keys, *values, server.snapshot.read_bytes()))
    assert len(dump) > 1_000
    assert values[0] in server.snapshot.read_bytes(), "the snapshot must be readable, or this shows nothing"
    pieces = {token[at : at + 8].encode() for token in tokens for at in range(len(token) - 7)}
    assert [piece for piece in pieces if piece in dump] == []
