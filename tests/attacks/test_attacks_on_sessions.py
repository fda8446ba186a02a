"""T60 to T63: a login at another site, tokens in the store, a revocation cut short, and a path without the policy."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from time import sleep, time_ns
from typing import Any

import pytest
import redis.asyncio
from bittensor_auth import BittensorAuthError, Keypair, MemoryStore, Policy, _core
from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware
from bittensor_auth.fastapi import HotkeyAuth as FastAPIHotkeyAuth
from bittensor_auth.redis import RedisStore
from fastapi import Depends, FastAPI
from support.asgi_call import call, encoded, reached
from support.callers import Caller
from support.faulty_redis import AFTER, BEFORE, FaultyClient
from support.people import Person, bearer, code_of, refresh, whoami
from support.redis_server import RedisServer

RECEIVER = Keypair.generate("sr25519").ss58_address
REAL, EVIL = "https://dash.example.org", "https://dash.example.net"
SECRET = b"a secret of the tests, long enough"
WARM_UP = 3.1
"""Seconds until a Redis that has just started takes logins."""


def service(store: Any = None, **settings: Any) -> HotkeyAuth:
    defaults = {"origin": REAL, "secret": SECRET}
    return HotkeyAuth(RECEIVER, store=store or MemoryStore(nothing_accepted_before=True), **{**defaults, **settings})


# T60


def test_t60_a_wallet_that_compares_the_domain_signs_no_relayed_challenge() -> None:
    """A hostile site fetches a real challenge from its own back end and shows it to a visitor."""
    person = Person(service(), RECEIVER)
    text = asyncio.run(person.challenge())["challenge"]
    assert text.startswith("dash.example.org wants you to sign in"), "the first thing a wallet shows"
    _core.check_login_text(text, REAL, person.address, time_ns())
    with pytest.raises(BittensorAuthError) as refused:
        _core.check_login_text(text, EVIL, person.address, time_ns())
    assert refused.value.code == "challenge_refused"


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.replace("dash.example.org", "dash.example.net"),
        lambda text: text.replace("https://dash.example.org", "https://dash.example.net"),
        lambda text: text.replace("dash.example.org wants", "dash.example.net wants", 1),
        lambda text: "dash.example.net wants you to sign in with your Bittensor account:\n" + text,
        lambda text: text + "\n",
    ],
)
def test_t60_a_text_made_by_another_site_is_no_login(disguise: Callable[[str], str]) -> None:
    """The server rebuilds the text, so what a visitor signed for another domain does not fit."""
    auth = service()
    person = Person(auth, RECEIVER)

    async def relay() -> str:
        challenge = await person.challenge()
        shown = {**challenge, "challenge": disguise(challenge["challenge"])}
        assert shown["challenge"] != challenge["challenge"]
        return await code_of(person.log_in(shown))

    assert asyncio.run(relay()) == "bad_signature"


def test_t60_a_challenge_is_worth_nothing_at_another_service_with_the_same_secret() -> None:
    auth = service()
    others = {
        "another origin": service(origin=EVIL),
        "another namespace": service(namespace="another"),
        "another secret": service(secret=SECRET[::-1]),
    }
    person = Person(auth, RECEIVER)

    async def carry(other: HotkeyAuth) -> str:
        fields = person.caller.login_fields(await person.challenge())
        return await code_of(other.log_in((), json.dumps(fields).encode()))

    assert {name: asyncio.run(carry(other)) for name, other in others.items()} == dict.fromkeys(
        others, "invalid_challenge"
    )


@pytest.mark.parametrize(
    "headers",
    [
        [(b"origin", EVIL.encode())],
        [(b"origin", b"null")],
        [(b"origin", REAL.encode()), (b"origin", EVIL.encode())],
        [(b"origin", REAL.encode() + b".evil.example")],
        [(b"sec-fetch-site", b"cross-site")],
    ],
)
def test_t60_a_page_of_another_site_gets_no_answer(headers: list[tuple[bytes, bytes]]) -> None:
    auth = service()
    routes = (auth.challenge, auth.log_in, auth.refresh, auth.log_out)
    assert [asyncio.run(code_of(route(headers, b"{}"))) for route in routes] == ["origin_refused"] * 4


def test_t60_works_where_the_text_names_no_domain() -> None:
    """The visitor signs at the one site and the relay logs in at the other."""
    visitor = Keypair.generate("sr25519")
    shown_by_evil = given_by_real = b"Please sign: 4f1c20"
    signature = visitor.sign(shown_by_evil)
    _core.Hotkey(visitor.ss58_address).verify(given_by_real, signature, "sr25519")


# T61


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    async def start(url: str) -> None:
        client = redis.asyncio.Redis.from_url(url)
        await service(RedisStore(client)).start()
        await client.aclose()

    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        asyncio.run(start(server.url))
        sleep(WARM_UP)
        yield server


def test_t61_nothing_in_the_store_is_a_token(server: RedisServer) -> None:
    """Everything that a dump holds is tried as a credential, whole and in parts."""

    async def try_all(url: str) -> tuple[int, set[str]]:
        client: Any = redis.asyncio.Redis.from_url(url)
        auth = service(RedisStore(client))
        grants = [await Person(auth, RECEIVER).log_in() for _ in range(5)]
        texts: set[str] = set()
        async for key in client.scan_iter("*"):
            texts |= {key.decode(), (await client.get(key)).decode()}
        texts |= {part for text in texts for part in re.split(r"[|:{}.]", text)}
        texts |= {prefix + text for text in texts for prefix in ("btas_", "btar_")}
        codes = set()
        for text in texts:
            codes.add(await code_of(whoami(auth, {"session_token": text})))
            codes.add(await code_of(refresh(auth, {"refresh_token": text})))
        assert [await code_of(whoami(auth, grant)) for grant in grants] == ["ok"] * 5
        await client.aclose()
        return len(texts), codes

    tried, codes = asyncio.run(try_all(server.url))
    assert tried > 30
    assert codes == {"invalid_token"}


# T62


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_t62_a_revocation_that_is_cut_short_can_be_finished(server: RedisServer, when: str) -> None:
    async def revoke(url: str) -> None:
        client = redis.asyncio.Redis.from_url(url)
        faults = FaultyClient(client)
        auth = service(RedisStore(faults))
        person = Person(auth, RECEIVER)
        grants = [await person.log_in() for _ in range(5)]
        faults.fail(1, when)
        assert await code_of(auth.revoke(person.address)) == "store_unavailable", "nobody is told that it worked"
        alive = [await code_of(whoami(auth, grant)) for grant in grants].count("ok")
        assert alive == (5 if when == BEFORE else 0), "all or none"
        await auth.revoke(person.address)
        assert [await code_of(whoami(auth, grant)) for grant in grants] == ["session_ended"] * 5
        await client.aclose()

    asyncio.run(revoke(server.url))


def test_t62_works_where_sessions_are_deleted_one_by_one() -> None:
    sessions, index = {"a", "b", "c", "d", "e"}, ["a", "b", "c", "d", "e"]

    def revoke_all() -> None:
        found, index[:] = index[:], []
        sessions.discard(found[0])
        raise ConnectionError

    with pytest.raises(ConnectionError):
        revoke_all()
    assert len(sessions) == 4 and not index, "four live on, and no retry finds them"


# T63


def with_asgi(store: MemoryStore, policy: Policy) -> tuple[Any, HotkeyAuth]:
    auth = service(store, policy=policy)
    return HotkeyAuthMiddleware(reached, auth=auth), auth


def with_fastapi(store: MemoryStore, policy: Policy) -> tuple[Any, HotkeyAuth]:
    auth = FastAPIHotkeyAuth(RECEIVER, store=store, policy=policy, origin=REAL, secret=SECRET)
    app = FastAPI()
    auth.install(app)
    app.include_router(auth.router())
    for path, dependency in (("/score", auth.caller), ("/signed", auth.signed), ("/session", auth.session)):
        app.post(path)(_handler(dependency))
    return app, auth


def _handler(dependency: Any) -> Callable[..., Any]:
    needed = Depends(dependency)

    async def handler(me: Any = needed) -> dict[str, bool]:
        return {"reached": True}

    return handler


@pytest.mark.parametrize("adapter", [with_asgi, with_fastapi])
def test_t63_a_denied_hotkey_is_refused_on_every_path(adapter: Callable[..., tuple[Any, HotkeyAuth]]) -> None:
    store = MemoryStore(nothing_accepted_before=True)
    welcome, auth = adapter(store, Policy.any_hotkey())
    person = Person(auth, RECEIVER)
    caller: Caller = person.caller
    denying, _ = adapter(store, Policy.any_hotkey().deny([person.address]))
    listing, _ = adapter(store, Policy.hotkeys([RECEIVER]))

    async def paths(app: Any) -> dict[str, tuple[int, str]]:
        """Status and code of everything that needs a welcome hotkey."""
        grant = await person.log_in()
        login = caller.login_fields(await person.challenge())
        session = bearer(grant)
        asked = {
            "signed": ("POST", "/score", encoded(caller.headers()), b""),
            "signed only": ("POST", "/signed", encoded(caller.headers(target="/signed")), b""),
            "session": ("POST", "/score", session, b""),
            "session only": ("POST", "/session", session, b""),
            "whoami": ("GET", "/auth/session", session, b""),
            "refresh": ("POST", "/auth/refresh", [], json.dumps({"refresh_token": grant["refresh_token"]}).encode()),
            "login": ("POST", "/auth/session", [], json.dumps(login).encode()),
        }
        answers = {name: await call(app, *request) for name, request in asked.items()}
        return {name: (answer.status, answer.code) for name, answer in answers.items()}

    everything = set(asyncio.run(paths(welcome)).values())
    assert everything == {(200, "")}, "all of these paths work for a hotkey that is welcome"
    assert set(asyncio.run(paths(denying)).values()) == {(403, "hotkey_denied")}
    assert set(asyncio.run(paths(listing)).values()) == {(403, "hotkey_not_allowed")}


def test_t63_who_is_denied_can_still_log_out() -> None:
    store = MemoryStore(nothing_accepted_before=True)
    _, auth = with_asgi(store, Policy.any_hotkey())
    person = Person(auth, RECEIVER)
    grant = asyncio.run(person.log_in())
    _, denying = with_asgi(store, Policy.any_hotkey().deny([person.address]))
    assert asyncio.run(code_of(denying.log_out(bearer(grant), b""))) == "ok"
    assert asyncio.run(code_of(whoami(auth, grant))) == "session_ended"
