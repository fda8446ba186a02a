"""A store call that fails at every possible place: nothing is half done, and what was reported as done is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from time import sleep
from typing import Any

import pytest
import redis.asyncio
from bittensor_auth import Keypair, Verifier
from bittensor_auth.asgi import HotkeyAuth
from bittensor_auth.redis import RedisStore
from support.callers import Caller
from support.faulty_redis import AFTER, BEFORE, FaultyClient
from support.people import Person, code_of, log_out, refresh, whoami
from support.redis_server import RedisServer

RECEIVER = Keypair.generate("sr25519").ss58_address
WARM_UP = 4.1
"""Seconds until a Redis that has just started takes requests; logins a little earlier."""
PLACES = [(number, when) for number in range(1, 6) for when in (BEFORE, AFTER)]
"""More than any operation has; those past the end show that nothing was left out."""

Test = Callable[[HotkeyAuth, FaultyClient], Awaitable[None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("faults")) as server:

        async def start(auth: HotkeyAuth, faults: FaultyClient) -> None:
            await auth.start()

        run(server, start)
        sleep(WARM_UP)
        yield server


def run(server: RedisServer, test: Test) -> None:
    async def in_loop() -> None:
        client = redis.asyncio.Redis.from_url(server.url)
        faults = FaultyClient(client)
        try:
            await test(service(faults), faults)
        finally:
            await client.aclose()

    asyncio.run(in_loop())


def service(client: Any) -> HotkeyAuth:
    return HotkeyAuth(
        RECEIVER,
        store=RedisStore(client),
        origin="https://dash.example.org",
        secret=b"a secret of the tests, long enough",
    )


@pytest.mark.parametrize("knows_scripts", [True, False], ids=["script known", "script lost"])
def test_a_login_that_fails_anywhere_leaves_no_half_made_session(server: RedisServer, knows_scripts: bool) -> None:
    reached: set[str] = set()

    async def test(auth: HotkeyAuth, faults: FaultyClient) -> None:
        await auth.start()
        for place in PLACES:
            person = Person(auth, RECEIVER)
            challenge = await person.challenge()
            if not knows_scripts:
                server.client.script_flush()
            before = keys_of_sessions(server)
            faults.fail(*place)
            outcome = await code_of(person.log_in(challenge))
            reached.update(faults.commands)
            assert outcome == ("store_unavailable" if faults.has_failed else "ok")
            faults.pass_all()
            written = check_whole(server, before)
            assert written or outcome != "ok"
            assert (await code_of(person.log_in(challenge))) == ("challenge_used" if written else "ok")
            assert await code_of(whoami(auth, await person.log_in())) == "ok"
            # A session whose tokens never arrived ends with all others: its generation is gone.
            await auth.revoke(person.address)
            assert not any(person.caller.keypair.public_key.hex().encode() in key for key in keys_of_sessions(server))

    run(server, test)
    assert reached == ({"EVALSHA"} if knows_scripts else {"EVALSHA", "EVAL"})


def test_a_login_that_also_has_to_start_the_store_is_no_different(server: RedisServer) -> None:
    reached: list[str] = []

    async def test(auth: HotkeyAuth, faults: FaultyClient) -> None:
        for place in PLACES:
            fresh = service(faults)
            person = Person(fresh, RECEIVER)
            before = keys_of_sessions(server)
            faults.fail(*place)
            outcome = await code_of(person.log_in())
            reached[:] = faults.commands if len(faults.commands) > len(reached) else reached
            assert outcome in ("ok", "store_unavailable")
            faults.pass_all()
            assert check_whole(server, before) or outcome != "ok"
            assert await code_of(whoami(fresh, await person.log_in())) == "ok"

    run(server, test)
    assert reached[0] == "INFO" and len(reached) == 4


@pytest.mark.parametrize("place", PLACES)
def test_a_revocation_that_reported_success_left_no_session_and_can_be_repeated(
    server: RedisServer, place: tuple[int, str]
) -> None:
    async def test(auth: HotkeyAuth, faults: FaultyClient) -> None:
        await auth.start()
        person, other = Person(auth, RECEIVER), Person(auth, RECEIVER)
        grants = [await person.log_in() for _ in range(3)]
        grants.append(await refresh(auth, grants[0]))
        bystander = await other.log_in()
        faults.fail(*place)
        outcome = await code_of(auth.revoke(person.address))
        assert outcome == ("store_unavailable" if faults.has_failed else "ok")
        assert len(faults.commands) == 1, "one write, whatever number of sessions there is"
        faults.pass_all()
        alive = [await code_of(whoami(auth, grant)) for grant in grants].count("ok")
        assert alive == (4 if outcome != "ok" and place[1] == BEFORE else 0), "all or none"
        await auth.revoke(person.address)
        for grant in grants:
            assert await code_of(whoami(auth, grant)) == "session_ended"
            assert await code_of(refresh(auth, grant)) == "session_ended"
        assert await code_of(whoami(auth, bystander)) == "ok"

    run(server, test)


@pytest.mark.parametrize("place", PLACES)
def test_a_refresh_that_fails_can_be_repeated_with_the_same_token(server: RedisServer, place: tuple[int, str]) -> None:
    async def test(auth: HotkeyAuth, faults: FaultyClient) -> None:
        await auth.start()
        grant = await Person(auth, RECEIVER).log_in()
        server.client.script_flush()
        faults.fail(*place)
        outcome = await code_of(refresh(auth, grant))
        assert outcome == ("store_unavailable" if faults.has_failed else "ok")
        faults.pass_all()
        again = await refresh(auth, grant)
        assert await code_of(whoami(auth, again)) == "ok"
        assert again == {**await refresh(auth, grant), "server_time_ms": again["server_time_ms"]}

    run(server, test)


@pytest.mark.parametrize("place", PLACES)
def test_a_logout_that_reported_success_ended_the_session(server: RedisServer, place: tuple[int, str]) -> None:
    async def test(auth: HotkeyAuth, faults: FaultyClient) -> None:
        await auth.start()
        grant = await Person(auth, RECEIVER).log_in()
        faults.fail(*place)
        outcome = await code_of(log_out(auth, grant))
        assert outcome == ("store_unavailable" if faults.has_failed else "ok")
        faults.pass_all()
        if outcome == "ok":
            assert await code_of(whoami(auth, grant)) == "session_ended"
        await log_out(auth, grant)
        assert await code_of(whoami(auth, grant)) == "session_ended"

    run(server, test)


@pytest.mark.parametrize("place", PLACES)
def test_a_session_is_not_believed_while_the_store_is_silent(server: RedisServer, place: tuple[int, str]) -> None:
    async def test(auth: HotkeyAuth, faults: FaultyClient) -> None:
        await auth.start()
        grant = await Person(auth, RECEIVER).log_in()
        faults.fail(*place)
        outcome = await code_of(whoami(auth, grant))
        assert outcome == ("store_unavailable" if faults.has_failed else "ok")
        faults.pass_all()
        assert await code_of(whoami(auth, grant)) == "ok"

    run(server, test)


@pytest.mark.parametrize("knows_scripts", [True, False], ids=["script known", "script lost"])
@pytest.mark.parametrize("place", PLACES)
def test_a_request_whose_claim_fails_passes_at_most_once(
    server: RedisServer, place: tuple[int, str], knows_scripts: bool
) -> None:
    async def in_loop() -> None:
        client = redis.asyncio.Redis.from_url(server.url)
        faults = FaultyClient(client)
        verifier = Verifier(RECEIVER, store=RedisStore(faults))
        caller = Caller(RECEIVER)

        async def verify(headers: dict[str, str]) -> str:
            return await code_of(verifier.verify_async(headers, method="POST", target="/score"))

        assert await verify(caller.headers()) == "ok"
        headers = caller.headers()
        if not knows_scripts:
            server.client.script_flush()
        faults.fail(*place)
        outcomes = [await verify(headers)]
        assert outcomes == ["store_unavailable" if faults.has_failed else "ok"]
        faults.pass_all()
        outcomes += await asyncio.gather(*(verify(headers) for _ in range(5)))
        assert outcomes.count("ok") <= 1
        assert set(outcomes[1:]) <= {"ok", "replayed_request"}
        assert await verify(caller.headers()) == "ok", "the next one is not affected"
        await client.aclose()

    asyncio.run(in_loop())


def keys_of_sessions(server: RedisServer) -> set[bytes]:
    return set(server.client.keys("bta:*.s}:[fgn]:*"))


def check_whole(server: RedisServer, before: set[bytes]) -> bool:
    """Whether a login was written since `before`; fails the test when it was written in part."""
    written = {key.split(b":")[-2]: server.client.get(key) for key in keys_of_sessions(server) - before}
    assert set(written) in (set(), {b"n", b"g", b"f"})
    assert not written or written[b"f"].split(b"|")[1] == written[b"g"], "the session is of this generation"
    return bool(written)
