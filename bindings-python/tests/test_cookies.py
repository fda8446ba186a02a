"""Sessions in cookies: the FastAPI and ASGI adapters in uvicorn, attacked by pages of other origins."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest
from loopback import MINER, SECOND, SERVICE
from test_client_session import TLS, Clock, Dashboard, Server

from bittensor_auth import ConfigurationError, Keypair, MemoryStore, Policy, RequestSigner, _core
from bittensor_auth._errors import error
from bittensor_auth.asgi import HotkeyAuthMiddleware, caller_of
from bittensor_auth.fastapi import HotkeyAuth

SESSION, REFRESH = _core.SESSION_COOKIE, _core.REFRESH_COOKIE
CLEARED = [
    f"{SESSION}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax",
    f"{REFRESH}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict",
]
TOKEN = re.compile(r"bta[sr]_")
OTHER = Keypair.from_seed(bytes([3]) * 32, "sr25519")
Pairs = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dashboard(server: Server, clock: Clock) -> Dashboard:
    return server.put(clock, cookies=True)


class Browser:
    """A page of the dashboard and the cookies that its browser keeps. Every answer is looked at for tokens."""

    def __init__(self, origin: str, keypair: Keypair = MINER) -> None:
        self.origin = origin
        self.keypair = keypair
        self.jar: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    def fetch(
        self, method: str, path: str, json: object = None, *, headers: Pairs | None = None, cookie: str | None = None
    ) -> httpx.Response:
        """From a page of the dashboard, unless `headers` say otherwise."""
        given = headers if headers is not None else [("Origin", self.origin)] if method != "GET" else []
        cookie = self.cookie if cookie is None else cookie
        sent = [*given, ("Cookie", cookie)] if cookie else given
        answer = request(method, self.origin + path, json=json, headers=sent)
        assert not TOKEN.search(answer.text), "a token in a body"
        return answer

    def keep(self, answer: httpx.Response) -> httpx.Response:
        """What a browser does with `Set-Cookie`."""
        for value in answer.headers.get_list("set-cookie"):
            name, _, content = value.partition(";")[0].partition("=")
            self.jar.pop(name, None)
            if content:
                self.jar[name] = content
        return answer

    def login_fields(self) -> dict[str, str]:
        address = self.keypair.ss58_address
        challenge = self.fetch("POST", "/auth/challenge", {"hotkey": address}).json()
        signature = self.keypair.sign(challenge["challenge"].encode()).hex()
        return {"hotkey": address, "sealed": challenge["sealed"], "signature": signature, "tokens": "cookie"}

    def log_in(self) -> httpx.Response:
        answer = self.keep(self.fetch("POST", "/auth/session", self.login_fields()))
        assert answer.status_code == 200, answer.text
        return answer

    def refresh(self, **options: Any) -> httpx.Response:
        return self.keep(self.fetch("POST", "/auth/refresh", {"tokens": "cookie"}, **options))

    def whoami(self) -> str:
        """Whose session it is, or why it is nobody's."""
        answer = self.fetch("GET", "/auth/session").json()
        return str(answer.get("hotkey") or answer["code"])


class Down:
    """A store that gives no answer."""

    async def rotate(self, *_: object) -> _core.Rotated:
        return _core.Rotated.unavailable()

    async def end(self, *_: object) -> None:
        raise error("store_unavailable")


def request(method: str, url: str, **content: Any) -> httpx.Response:
    return httpx.request(method, url, trust_env=False, verify=TLS, **content)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def bearer_grant(dashboard: Dashboard, keypair: Keypair) -> dict[str, Any]:
    fields = Browser(dashboard.origin, keypair).login_fields()
    del fields["tokens"]
    grant: dict[str, Any] = request("POST", dashboard.origin + "/auth/session", json=fields).json()
    return grant


def test_a_session_lives_in_cookies_from_login_to_logout(dashboard: Dashboard, clock: Clock) -> None:
    page = Browser(dashboard.origin)
    login = page.log_in()
    assert login.json().keys() == {"expires_at", "refresh_expires_at", "hotkey", "role", "server_time_ms"}
    attributes = [re.sub(r"=bta[sr]_[\w-]{124};", "=…;", value) for value in login.headers.get_list("set-cookie")]
    assert attributes == [
        f"{SESSION}=…; Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Lax",
        f"{REFRESH}=…; Max-Age=7200; Path=/; Secure; HttpOnly; SameSite=Strict",
    ]
    assert login.headers["cache-control"] == "no-store"
    assert page.whoami() == MINER.ss58_address
    assert page.fetch("POST", "/echo").json()["hotkey"] == MINER.ss58_address
    before = dict(page.jar)
    clock.advance(700)
    assert page.refresh().status_code == 200
    assert page.jar.keys() == before.keys()
    assert all(page.jar[name] != before[name] for name in before)
    clock.advance(700)
    assert page.whoami() == MINER.ss58_address
    ended = page.fetch("POST", "/auth/logout")
    assert (ended.status_code, ended.json()["ended"], ended.headers.get_list("set-cookie")) == (200, True, CLEARED)
    assert page.whoami() == "session_ended"
    page.keep(ended)
    assert page.whoami() == "missing_credentials"


# T70, T71
FOREIGN: dict[str, Callable[[str], Pairs]] = {
    "other site": lambda origin: [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
    "null": lambda origin: [("Origin", "null")],
    "missing": lambda origin: [],
    "missing, same-origin": lambda origin: [("Sec-Fetch-Site", "same-origin"), ("Referer", origin + "/")],
    "other port": lambda origin: [("Origin", "http://127.0.0.1:1"), ("Sec-Fetch-Site", "same-site")],
    "other scheme": lambda origin: [("Origin", origin.replace("http:", "https:"))],
    "other name": lambda origin: [("Origin", origin.replace("127.0.0.1", "localhost"))],
    "below": lambda origin: [("Origin", origin.replace("//", "//a."))],
    "suffix": lambda origin: [("Origin", origin + ".evil.example")],
    "twice": lambda origin: [("Origin", origin), ("Origin", origin)],
    "two in one": lambda origin: [("Origin", f"{origin}, {origin}")],
    "a forwarded one": lambda origin: [("X-Forwarded-Host", origin[7:]), ("X-Forwarded-Origin", origin)],
}


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=FOREIGN)
def test_no_page_of_another_origin_can_use_the_cookies(
    dashboard: Dashboard, clock: Clock, foreign: Callable[[str], Pairs]
) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    headers = foreign(dashboard.origin)
    before = dict(page.jar)
    answers = [
        page.fetch("POST", "/echo", headers=headers),
        page.fetch("POST", "/auth/logout", headers=headers),
        page.refresh(headers=headers),
        Browser(dashboard.origin, OTHER).fetch("POST", "/auth/session", page.login_fields(), headers=headers),
    ]
    assert [code_of(answer) for answer in answers] == [(403, "origin_refused")] * 4
    assert all("set-cookie" not in answer.headers for answer in answers)
    assert page.jar == before
    clock.advance(60)
    assert page.whoami() == MINER.ss58_address
    assert page.refresh().status_code == 200, "a refused refresh rotates nothing"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 200),
        ([("Sec-Fetch-Site", "same-origin")], 200),
        ([("Sec-Fetch-Site", "none")], 200),
        ([("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")], 403),
        ([("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], 200),
        ([("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")], 403),
        ([("Origin", "https://evil.example")], 403),
        ([("Origin", "null")], 403),
    ],
)
def test_a_foreign_page_reads_nothing_but_may_link(dashboard: Dashboard, headers: Pairs, status: int) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    for path in ("/me", "/auth/session"):
        assert page.fetch("GET", path, headers=headers).status_code == status


# T72
def test_what_a_sibling_host_can_set_is_not_looked_at(dashboard: Dashboard) -> None:
    victim, attacker = Browser(dashboard.origin), Browser(dashboard.origin, OTHER)
    victim.log_in()
    attacker.log_in()
    planted = "; ".join(
        f"{name}={attacker.jar[SESSION]}"
        for name in ("btauth-session", "__Secure-btauth-session", "__host-btauth-session", "__Host-btauth-session2")
    )
    beside = [f"{planted}; {victim.cookie}", f"{victim.cookie}; {planted}", planted]
    answers = [victim.fetch("GET", "/auth/session", cookie=cookie).json() for cookie in beside]
    assert [answer.get("hotkey") or answer["code"] for answer in answers] == [
        MINER.ss58_address,
        MINER.ss58_address,
        "missing_credentials",
    ]
    swapped = f"{SESSION}={victim.jar[REFRESH]}; {REFRESH}={victim.jar[SESSION]}"
    assert code_of(victim.fetch("GET", "/me", cookie=swapped)) == (401, "invalid_token")
    refused = victim.refresh(cookie=swapped)
    assert code_of(refused) == (401, "invalid_token")
    assert refused.headers.get_list("set-cookie") == CLEARED


def test_a_cookie_that_is_there_twice_is_refused(dashboard: Dashboard) -> None:
    victim, attacker = Browser(dashboard.origin), Browser(dashboard.origin, OTHER)
    victim.log_in()
    attacker.log_in()
    for name in (SESSION, REFRESH):
        theirs = f"{name}={attacker.jar[name]}"
        for cookie in (f"{theirs}; {victim.cookie}", f"{victim.cookie}; {theirs}"):
            for method, path, body in (
                ("GET", "/me", None),
                ("POST", "/auth/refresh", {"tokens": "cookie"}),
                ("POST", "/auth/logout", None),
            ):
                refused = victim.fetch(method, path, body, cookie=cookie)
                assert code_of(refused) == (400, "duplicate_cookie")
                assert "set-cookie" not in refused.headers
        split = [("Origin", dashboard.origin), ("Cookie", theirs)]
        assert code_of(victim.fetch("POST", "/echo", headers=split)) == (400, "duplicate_cookie")
    assert victim.whoami() == MINER.ss58_address


# T73
def test_a_bearer_counts_and_is_not_replaced_by_a_cookie(dashboard: Dashboard) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    token = bearer_grant(dashboard, OTHER)["session_token"]
    good = [("Authorization", f"Bearer {token}")]
    assert page.fetch("POST", "/echo", headers=good).json()["hotkey"] == OTHER.ss58_address
    wrong = [("Authorization", "Bearer x"), ("Origin", dashboard.origin)]
    assert code_of(page.fetch("POST", "/echo", headers=wrong)) == (401, "invalid_token")
    refused = page.fetch("POST", "/auth/logout", headers=wrong)
    assert "set-cookie" not in refused.headers, "the cookies are not the bearer's"
    ended = page.fetch("POST", "/auth/logout", headers=good)
    assert ended.status_code == 200
    assert "set-cookie" not in ended.headers
    assert code_of(page.fetch("POST", "/echo", headers=good)) == (401, "session_ended")
    assert page.whoami() == MINER.ss58_address


def test_a_signature_counts_before_a_cookie(dashboard: Dashboard, clock: Clock) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    signer = RequestSigner(OTHER, SERVICE, clock=clock)
    signed = list(signer.sign("POST", "/score", b"").items())
    assert page.fetch("POST", "/score", headers=signed).json() == {"hotkey": OTHER.ss58_address}
    for method, path in (("GET", "/auth/session"), ("POST", "/auth/logout"), ("GET", "/me")):
        signed = [*list(signer.sign(method, path, b"").items()), ("Origin", dashboard.origin)]
        refused = page.fetch(method, path, headers=signed)
        assert code_of(refused) == (401, "missing_credentials")
        assert "set-cookie" not in refused.headers
    assert page.whoami() == MINER.ss58_address
    altered = [*list(signer.sign("POST", "/other", b"").items()), ("Origin", dashboard.origin)]
    assert code_of(page.fetch("POST", "/echo", headers=altered)) == (401, "bad_signature")


# T74
def test_a_token_in_a_cookie_never_comes_into_a_body(dashboard: Dashboard) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    token = page.jar[REFRESH]
    for body in (
        {},
        {"tokens": "body"},
        {"tokens": None},
        {"tokens": "cookie", "refresh_token": token},
        {"tokens": "Cookie"},
        {"tokens": ["cookie"]},
        [],
        "cookie",
    ):
        refused = page.fetch("POST", "/auth/refresh", body)
        assert code_of(refused) == (400, "malformed_body")
        assert "set-cookie" not in refused.headers
    assert page.whoami() == MINER.ss58_address


def test_a_hundred_tabs_refresh_at_once(dashboard: Dashboard) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    headers = {"Origin": dashboard.origin, "Cookie": page.cookie}

    async def refresh_all() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(
            base_url=dashboard.origin, limits=limits, trust_env=False, verify=TLS, timeout=30
        ) as client:
            tabs = (client.post("/auth/refresh", json={"tokens": "cookie"}, headers=headers) for _ in range(100))
            return await asyncio.gather(*tabs)

    answers = asyncio.run(refresh_all())
    assert {answer.status_code for answer in answers} == {200}
    assert len({tuple(answer.headers.get_list("set-cookie")) for answer in answers}) == 1
    before = dict(page.jar)
    page.keep(answers[57])
    assert page.jar != before
    assert page.whoami() == MINER.ss58_address
    page.refresh()
    assert page.whoami() == MINER.ss58_address


def test_a_refresh_cookie_that_turns_up_later_ends_the_session_and_its_cookies(
    dashboard: Dashboard, clock: Clock
) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    thief = Browser(dashboard.origin)
    thief.jar = dict(page.jar)
    assert page.refresh().status_code == 200
    clock.advance(31)
    refused = thief.refresh()
    assert code_of(refused) == (401, "refresh_reused")
    assert refused.headers.get_list("set-cookie") == CLEARED
    assert thief.jar == {}
    assert page.whoami() == "session_ended"
    refused = page.refresh()
    assert code_of(refused) == (401, "session_ended")
    assert refused.headers.get_list("set-cookie") == CLEARED


def test_a_revocation_logs_every_browser_out(dashboard: Dashboard) -> None:
    pages = [Browser(dashboard.origin) for _ in range(3)]
    for page in pages:
        page.log_in()
    stranger = Browser(dashboard.origin, OTHER)
    stranger.log_in()
    asyncio.run(dashboard.auth.revoke(MINER.ss58_address))
    assert [page.whoami() for page in pages] == ["session_ended"] * 3
    assert [page.refresh().headers.get_list("set-cookie") for page in pages] == [CLEARED] * 3
    assert stranger.whoami() == OTHER.ss58_address


def test_a_refusal_that_may_pass_keeps_the_cookies(dashboard: Dashboard, clock: Clock) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    dashboard.auth.policy = Policy.any_hotkey().deny([MINER.ss58_address])
    denied = page.refresh()
    assert code_of(denied) == (403, "hotkey_denied")
    dashboard.auth.policy = Policy.any_hotkey()
    working, dashboard.auth._store = dashboard.auth._store, Down()
    failed = [page.refresh(), page.fetch("POST", "/auth/logout")]
    assert [code_of(answer) for answer in failed] == [(503, "store_unavailable")] * 2
    dashboard.auth._store = working
    assert all("set-cookie" not in answer.headers for answer in (denied, *failed))
    assert page.refresh().status_code == 200


def test_a_browser_that_slept_refreshes_with_what_is_left(dashboard: Dashboard, clock: Clock) -> None:
    page = Browser(dashboard.origin)
    page.log_in()
    clock.advance(901)
    del page.jar[SESSION]  # as `Max-Age` says
    refused = page.fetch("GET", "/me")
    assert (*code_of(refused), refused.json()["retry"]) == (401, "session_expired", "refresh")
    assert page.refresh().status_code == 200
    assert page.fetch("GET", "/me").status_code == 200


def test_a_server_without_cookies_neither_gives_nor_takes_them(server: Server, clock: Clock) -> None:
    page = Browser(server.put(clock, cookies=True).origin)
    page.log_in()
    plain = server.put(clock)
    fields = page.login_fields()
    refused = page.fetch("POST", "/auth/session", fields)
    assert code_of(refused) == (400, "cookies_disabled")
    assert "set-cookie" not in refused.headers
    assert code_of(page.refresh()) == (400, "cookies_disabled")
    assert page.whoami() == "missing_credentials"
    del fields["tokens"]
    answer = request("POST", plain.origin + "/auth/session", json=fields)
    assert answer.status_code == 200, "the refusal burnt nothing"


def test_no_token_stands_in_a_log(dashboard: Dashboard, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page = Browser(dashboard.origin)
    page.log_in()
    old = dict(page.jar)
    page.refresh()
    clock.advance(31)
    page.fetch("POST", "/echo", headers=[])
    page.fetch("GET", "/me", cookie=f"{page.cookie}; {SESSION}=x")
    working, dashboard.auth._store = dashboard.auth._store, Down()
    page.fetch("POST", "/auth/logout")
    dashboard.auth._store = working
    page.jar = old
    page.refresh()
    # The client of this test logs what it sends; a server does not see that.
    written = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any("store_unavailable" in line for line in written)
    assert not TOKEN.search("\n".join(written))


def test_openapi_names_the_cookies(dashboard: Dashboard) -> None:
    schema = request("GET", dashboard.origin + "/openapi.json").json()
    schemes = schema["components"]["securitySchemes"]
    assert schemes["SessionCookie"] == {"type": "apiKey", "in": "cookie", "name": SESSION}
    assert schemes["RefreshCookie"] == {"type": "apiKey", "in": "cookie", "name": REFRESH}
    security = {(path, method): o.get("security") for path, of in schema["paths"].items() for method, o in of.items()}
    session = [{"SessionToken": []}, {"SessionCookie": []}]
    assert security["/echo", "post"] == session
    assert security["/auth/session", "get"] == security["/auth/logout", "post"] == session
    assert security["/auth/refresh", "post"] == [{}, {"RefreshCookie": []}]
    assert {"SessionToken": []} not in security["/score", "post"]
    login = schema["paths"]["/auth/session"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert login["properties"]["tokens"]["enum"] == ["body", "cookie"]


def test_the_middleware_takes_cookies_and_keeps_answers_out_of_caches(server: Server, clock: Clock) -> None:
    origin = server.put(clock).origin
    store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
    auth = HotkeyAuth(SERVICE, store=store, origin=origin, secret=b"s" * 32, clock=clock, cookies=True)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        own = [(b"Cache-Control", b"max-age=5")] if scope["path"] == "/own" else []
        body = caller_of(scope).hotkey.encode() if scope["path"] != "/open" else b""
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": body})

    server._app = HotkeyAuthMiddleware(app, auth, protect=("/own", "/private"))
    page = Browser(origin)
    page.log_in()
    private, own, open_to_all = (page.fetch("GET", path) for path in ("/private", "/own", "/open"))
    assert private.text == own.text == MINER.ss58_address
    assert private.headers.get_list("cache-control") == ["no-store"]
    assert own.headers.get_list("cache-control") == ["max-age=5"]
    assert "cache-control" not in open_to_all.headers
    assert code_of(page.fetch("POST", "/private", headers=[])) == (403, "origin_refused")
    assert page.fetch("POST", "/open", headers=[]).status_code == 200, "nothing is protected there"


def test_settings_that_no_browser_would_follow_are_refused(clock: Clock) -> None:
    store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)

    def build(**settings: Any) -> HotkeyAuth:
        return HotkeyAuth(SERVICE, store=store, secret="s" * 32, cookies=True, **settings)

    with pytest.raises(ConfigurationError, match="origin"):
        build()
    for origins in ({"origin": "http://dash.example.org"}, {"origin": "https://a", "allowed_origins": ["http://b"]}):
        with pytest.raises(ConfigurationError, match="https"):
            build(**origins)
    with pytest.raises(ConfigurationError, match="browsers send"):
        build(origin="https://a", allowed_origins=["*"])
    assert build(origin="https://a", clock=lambda: 1 * SECOND).takes_cookies
