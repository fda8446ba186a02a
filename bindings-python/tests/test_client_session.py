"""Sessions of `bittensor_auth.httpx` against the FastAPI adapter in uvicorn, in both kinds of client."""

import asyncio
import json
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
import uvicorn
from fastapi import Depends, FastAPI, Request
from loopback import MINER, SECOND, SERVICE, Seen, Signer, loopback

from bittensor_auth import (
    AuthenticationError,
    AuthorizationError,
    Caller,
    ClientError,
    ConfigurationError,
    Keypair,
    MemoryStore,
    Policy,
    StoreError,
)
from bittensor_auth._errors import error
from bittensor_auth._problem import Problem
from bittensor_auth.fastapi import HotkeyAuth
from bittensor_auth.httpx import AsyncSessionClient, SessionAuth, SessionClient, SessionInfo

ACCESS = 900
START = 1_790_000_000 * SECOND
# Never used; without it every client loads the certificates of the system.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class Dashboard:
    """An application with sessions. `answers` take the place of its own, one by one."""

    def __init__(self, at: str, clock: Callable[[], int], **settings: Any) -> None:
        self.seen: list[Seen] = []
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.clock = clock
        self.origin = at
        store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
        options = {"origin": self.origin, "access_lifetime": ACCESS, "schemes": ("sr25519", "ed25519")}
        self.auth = HotkeyAuth(SERVICE, store=store, secret=b"s" * 32, clock=clock, **{**options, **settings})
        self.app = FastAPI()
        self.auth.install(self.app)
        self.app.include_router(self.auth.router())

        @self.app.post("/echo")
        async def echo(me: Annotated[Caller, Depends(self.auth.session)], request: Request) -> dict[str, Any]:
            return {"hotkey": me.hotkey, "body": (await request.body()).decode()}

        @self.app.post("/score")
        def score(me: Annotated[Caller, Depends(self.auth.signed)]) -> dict[str, str]:
            return {"hotkey": me.hotkey}

        @self.app.get("/me")
        def me(me: Annotated[Caller, Depends(self.auth.session)]) -> str:
            return me.hotkey

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
        self.seen.append(Seen(scope["method"], scope["path"], headers, b""))
        canned = self.answers.get(scope["path"])
        if not canned:
            await self.app(scope, receive, send)
            return
        status, fields, body = canned.pop(0)
        raw = [(name.encode(), value.encode()) for name, value in {**fields, "content-length": str(len(body))}.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    def count(self, target: str) -> int:
        return sum(seen.target == target for seen in self.seen)

    def refuse(self, target: str, code: str, times: int = 1, retry_after: int | None = None) -> None:
        problem = Problem(error(code, retry_after=retry_after), realm="test", now_ns=self.clock(), request_id="r")
        status, headers, body = problem.encode()
        fields = {name.decode(): value.decode() for name, value in headers if name != b"content-length"}
        self.answers[target] = [(status, fields, body)] * times

    def grant(self, target: str, **fields: Any) -> None:
        """The next answer on `target` is this, made as a service would that means harm."""
        self.answers[target] = [(200, {"content-type": "application/json"}, json.dumps(fields).encode())]


class Server:
    """Uvicorn on a port of its own; each test puts its application in."""

    def __init__(self) -> None:
        self._app: Any = None
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)  # asyncio turns Nagle's delay off by `proto`
        self._socket.bind(("127.0.0.1", 0))
        self._origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self, log_config=None, ws="none", loop="asyncio", access_log=False, lifespan="off", interface="asgi3"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    def put(self, clock: Callable[[], int], **settings: Any) -> Dashboard:
        dashboard = Dashboard(self._origin, clock, **settings)
        self._app = dashboard
        return dashboard

    def __enter__(self) -> "Server":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.002)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


class Blocking:
    """One way to use both kinds of client."""

    kind: type[Any] = SessionClient

    def __init__(self) -> None:
        self.made: list[Any] = []

    def __call__(self, url: str, signer: Any = MINER, **options: Any) -> Any:
        client = self.kind(url, signer, **{"trust_env": False, "verify": TLS, **options})
        self.made.append(client)
        return self.wrap(client)

    def wrap(self, client: Any) -> Any:
        return client

    def together(self, count: int, do: Callable[[], Any]) -> list[Any]:
        with ThreadPoolExecutor(count) as pool:
            return [future.result() for future in [pool.submit(do) for _ in range(count)]]

    def close(self) -> None:
        for client in self.made:
            client.close()


class Awaiting(Blocking):
    kind = AsyncSessionClient

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()

    def wrap(self, client: Any) -> Any:
        return Driven(client, self.loop)

    def together(self, count: int, do: Callable[[], Any]) -> list[Any]:
        async def gather() -> list[Any]:
            return await asyncio.gather(*(do() for _ in range(count)))

        Driven.direct = True
        try:
            return self.loop.run_until_complete(gather())
        finally:
            Driven.direct = False

    def close(self) -> None:
        for client in self.made:
            self.loop.run_until_complete(client.aclose())
        self.loop.close()


class Driven:
    """An asynchronous client whose calls run to their end."""

    direct = False

    def __init__(self, client: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.client = client
        self._loop = loop

    @property
    def session(self) -> Any:
        return self.client.session

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if Driven.direct:
            return method
        return lambda *args, **options: self._loop.run_until_complete(method(*args, **options))


@pytest.fixture(params=[Blocking, Awaiting], ids=["blocking", "awaiting"])
def connect(request: pytest.FixtureRequest) -> Iterator[Any]:
    maker = request.param()
    yield maker
    maker.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(server: Server, clock: Clock) -> Dashboard:
    return server.put(clock)


def tokens_of(service: Dashboard) -> list[str]:
    return [value for seen in service.seen for value in seen.header("authorization")]


# A session from its start to its end


def test_the_first_request_logs_in(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    assert client.session is None
    answers = [client.post("/echo", content="body") for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"hotkey": MINER.ss58_address, "body": "body"}] * 2
    assert [seen.target for seen in service.seen] == ["/auth/challenge", "/auth/session", "/echo", "/echo"]
    assert [bool(seen.credentials) for seen in service.seen] == [False, False, True, True]
    assert client.session == SessionInfo(MINER.ss58_address, None, START // SECOND + ACCESS, START // SECOND + 7_200)


def test_login_whoami_logout(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    assert client.login() == client.session
    who = client.whoami()
    assert (who.hotkey, who.expires_at, who.refresh_expires_at) == (MINER.ss58_address, START // SECOND + ACCESS, None)
    client.logout()
    assert client.session is None
    token = tokens_of(service)[0]
    assert httpx.get(f"{service.origin}/me", headers={"authorization": token}).json()["code"] == "session_ended"
    client.logout()  # there is none
    assert client.whoami().hotkey == MINER.ss58_address  # a later request logs in again
    assert service.count("/auth/session") == 4


def test_a_session_is_refreshed_before_it_ends(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    for _ in range(4):
        assert client.get("/me").status_code == 200
        clock.advance(800)
    assert service.count("/auth/refresh") == 3
    assert service.count("/auth/challenge") == 1
    assert len(set(tokens_of(service))) == 4


def test_a_session_that_slept_too_long_starts_anew(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    clock.advance(10_000)
    assert client.get("/me").status_code == 200
    assert (service.count("/auth/refresh"), service.count("/auth/challenge")) == (0, 2)


@pytest.mark.parametrize("signer", [Signer("bytes"), Signer("typed"), Signer("hex"), Keypair.generate("ed25519")])
def test_any_signer_logs_in(connect: Any, service: Dashboard, clock: Clock, signer: Any) -> None:
    assert connect(service.origin, signer, clock=clock).get("/me").json() == signer.ss58_address


def test_an_asynchronous_signer_needs_an_asynchronous_client(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, Signer("async"), clock=clock)
    if isinstance(connect, Awaiting):
        assert client.get("/me").status_code == 200
        return
    with pytest.raises(ClientError) as refused:
        client.get("/me")
    assert refused.value.code == "signer_failed"
    assert service.count("/auth/session") == 0


def test_the_compact_text_is_signed_too(connect: Any, service: Dashboard, clock: Clock) -> None:
    signer = Signer()
    assert connect(service.origin, signer, form="compact", clock=clock).get("/me").status_code == 200
    assert signer.signed[0].count(b"\n") == 3


# What a client does not sign, and what it does not send


def test_a_challenge_for_another_site_is_not_signed(connect: Any, server: Server, clock: Clock) -> None:
    service = server.put(clock, origin="https://dash.example.org")
    signer = Signer()
    with pytest.raises(ClientError) as refused:
        connect(service.origin, signer, clock=clock).get("/me")
    assert refused.value.code == "challenge_refused"
    assert signer.signed == []
    assert service.count("/auth/session") == 0
    client = connect(service.origin, signer, login_origin="https://dash.example.org", clock=clock)
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize(
    "fields", [{}, {"challenge": 1, "sealed": "x"}, {"challenge": "btauth/1\nsr25519", "sealed": "x"}, {"sealed": "x"}]
)
def test_what_is_no_challenge_is_not_signed(connect: Any, service: Dashboard, clock: Clock, fields: Any) -> None:
    signer = Signer()
    service.grant("/auth/challenge", **fields)
    with pytest.raises(ClientError) as refused:
        connect(service.origin, signer, clock=clock).get("/me")
    assert refused.value.code == "challenge_refused"
    assert signer.signed == []


def test_a_wrong_signature_is_not_sent(connect: Any, service: Dashboard, clock: Clock) -> None:
    signer = Signer(claims=MINER, keypair=Keypair.from_seed(bytes([9]) * 32, "sr25519"))
    with pytest.raises(ClientError) as refused:
        connect(service.origin, signer, clock=clock).login()
    assert refused.value.code == "signer_failed"
    assert service.count("/auth/session") == 0


GRANT = {
    "session_token": "btas_x",
    "expires_at": START // SECOND + 900,
    "refresh_token": "btar_x",
    "refresh_expires_at": START // SECOND + 7_200,
    "hotkey": MINER.ss58_address,
    "role": None,
    "server_time_ms": START // 1_000_000,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"session_token": "btas_x\r\nX-Injected: 1"},
        {"refresh_token": None},
        {"expires_at": True},
        {"expires_at": 10**30},
        {"refresh_expires_at": "soon"},
        {"hotkey": SERVICE},
        {"hotkey": None},
    ],
)
def test_what_is_no_grant_is_not_used(connect: Any, service: Dashboard, clock: Clock, wrong: Any) -> None:
    client = connect(service.origin, clock=clock)
    service.grant("/auth/session", **{**GRANT, **wrong})
    with pytest.raises(ClientError) as refused:
        client.login()
    assert refused.value.code == "login_required"
    assert client.session is None


def test_the_token_goes_to_its_own_origin_only(connect: Any, service: Dashboard, clock: Clock) -> None:
    with loopback() as other:
        client = connect(service.origin, clock=clock)
        client.login()
        for follow in (False, True):
            with pytest.raises(ClientError) as refused:
                client.get(f"{other.origin}/trap", follow_redirects=follow)
            assert refused.value.code == "signing_refused"
        assert other.seen == []


@pytest.mark.parametrize("route", ["/me", "/auth/challenge", "/auth/session", "/auth/refresh"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_takes_a_secret_along(
    connect: Any, service: Dashboard, clock: Clock, route: str, status: int
) -> None:
    with loopback() as other:
        client = connect(service.origin, clock=clock, follow_redirects=True)
        if route == "/auth/refresh":
            client.login()
            clock.advance(1_000)
        service.answers[route] = [(status, {"location": f"{other.origin}/trap"}, b"")]
        with pytest.raises(ClientError) as refused:
            client.get("/me")
        assert refused.value.code == "redirect_refused"
        assert other.seen == []


def test_a_redirect_is_returned_without_a_token_for_the_next_request(service: Dashboard, clock: Clock) -> None:
    service.answers["/me"] = [(302, {"location": "https://127.0.0.1/trap"}, b"")]
    with SessionClient(service.origin, MINER, clock=clock, trust_env=False, verify=TLS) as client:
        response = client.get("/me")
    assert response.next_request is not None
    assert "authorization" not in response.next_request.headers


def test_tokens_are_not_shown(connect: Any, service: Dashboard, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect(service.origin, clock=clock)
    client.get("/me")
    service.refuse("/me", "hotkey_denied")
    response = client.get("/me")
    token = tokens_of(service)[0].removeprefix("Bearer ")
    shown = [repr(client), repr(connect.made[0].__dict__), repr(client.session), repr(response), repr(response.history)]
    service.refuse("/auth/session", "store_full", retry_after=1)
    with pytest.raises(StoreError) as refused:
        client.login()
    shown += [str(refused.value), repr(refused.value), caplog.text]
    assert token.startswith("btas_")
    assert not any(secret in text for text in shown for secret in ("btas_", "btar_", token[5:25]))


# When things go wrong


@pytest.mark.parametrize("code", ["session_ended", "invalid_token", "refresh_reused"])
def test_a_session_that_is_over_is_replaced_once(connect: Any, service: Dashboard, clock: Clock, code: str) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    service.refuse("/echo", code)
    assert client.post("/echo", content=b"body").json()["body"] == "body"
    assert (service.count("/echo"), service.count("/auth/challenge")) == (2, 2)
    service.refuse("/me", code, times=3)
    assert client.get("/me").json()["code"] == code
    assert (service.count("/me"), service.count("/auth/challenge")) == (2, 3)


def test_a_revoked_hotkey_logs_in_again(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    asyncio.run(service.auth.revoke(MINER.ss58_address))
    assert client.get("/me").status_code == 200
    assert service.count("/auth/challenge") == 2


def test_an_expired_token_is_refreshed(connect: Any, server: Server, clock: Clock) -> None:
    service = server.put(clock, access_lifetime=300)
    client = connect(service.origin, clock=Clock())
    client.login()
    clock.advance(301)  # the server's clock runs ahead of what this client knows
    assert client.get("/me").status_code == 200
    assert (service.count("/auth/refresh"), service.count("/auth/challenge")) == (1, 1)


@pytest.mark.parametrize("code", ["session_ended", "refresh_reused", "invalid_token"])
def test_a_refresh_that_is_refused_ends_in_a_login(connect: Any, service: Dashboard, clock: Clock, code: str) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    clock.advance(800)
    service.refuse("/auth/refresh", code)
    assert client.get("/me").status_code == 200
    assert (service.count("/auth/refresh"), service.count("/auth/challenge")) == (1, 2)


@pytest.mark.parametrize("answer", ["problem", "gateway"])
def test_the_old_token_is_used_while_a_refresh_fails(
    connect: Any, service: Dashboard, clock: Clock, answer: str
) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    clock.advance(800)
    if answer == "problem":
        service.refuse("/auth/refresh", "store_unavailable", times=1, retry_after=50)
    else:
        service.answers["/auth/refresh"] = [(502, {"retry-after": "50"}, b"<h1>bad gateway</h1>")]
    assert [client.get("/me").status_code for _ in range(3)] == [200] * 3
    assert service.count("/auth/refresh") == 1
    clock.advance(51)
    assert client.get("/me").status_code == 200
    assert service.count("/auth/refresh") == 2
    assert len(set(tokens_of(service))) == 2


def test_a_session_that_cannot_be_refreshed_in_time_waits(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    clock.advance(890)
    service.refuse("/auth/refresh", "store_unavailable", times=2, retry_after=30)
    assert client.get("/me").status_code == 200
    clock.advance(15)
    with pytest.raises(StoreError) as refused:
        client.get("/me")
    assert refused.value.retry_after == 15
    assert service.count("/auth/refresh") == 1
    clock.advance(16)
    with pytest.raises(StoreError):
        client.get("/me")
    clock.advance(31)
    assert client.get("/me").status_code == 200
    assert (service.count("/auth/refresh"), service.count("/auth/challenge")) == (3, 1)


def test_no_network_at_a_refresh_backs_off(service: Dashboard, clock: Clock) -> None:
    class Broken(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/auth/refresh":
                raise httpx.ConnectError("no network")
            return super().handle_request(request)

    with SessionClient(service.origin, MINER, clock=clock, transport=Broken(verify=TLS)) as client:
        client.login()
        clock.advance(800)
        with pytest.raises(httpx.ConnectError):
            client.get("/me")
        assert client.get("/me").status_code == 200


def test_a_refusal_of_the_service_is_raised(connect: Any, server: Server, clock: Clock) -> None:
    service = server.put(clock, policy=Policy.hotkeys([SERVICE]))
    with pytest.raises(AuthorizationError) as refused:
        connect(service.origin, clock=clock).get("/me")
    assert refused.value.code == "hotkey_not_allowed"


@pytest.mark.parametrize(
    ("status", "body"), [(404, b""), (500, b"oops"), (401, b"{}"), (429, b""), (302, b"")], ids=str
)
def test_whatever_else_answers_is_an_http_error(
    connect: Any, service: Dashboard, clock: Clock, status: int, body: bytes
) -> None:
    service.answers["/auth/challenge"] = [(status, {"location": "/x"}, body)]
    with pytest.raises(httpx.HTTPStatusError) as refused:
        connect(service.origin, clock=clock).get("/me")
    assert refused.value.response.status_code == status


def test_an_answer_that_is_too_large_is_not_read(connect: Any, service: Dashboard, clock: Clock) -> None:
    service.answers["/auth/challenge"] = [(200, {}, b'{"a": "' + b"x" * 70_000 + b'"}')]
    with pytest.raises(ClientError) as refused:
        connect(service.origin, clock=clock).get("/me")
    assert refused.value.code == "challenge_refused"


def test_an_empty_204_ends_a_session_too(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    service.answers["/auth/logout"] = [(204, {}, b"")]
    client.logout()
    assert client.session is None


def test_a_logout_that_fails_says_so(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    service.refuse("/auth/logout", "store_unavailable", retry_after=1)
    with pytest.raises(StoreError):
        client.logout()
    assert client.session is not None


def test_an_old_session_is_refreshed_to_be_ended(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    clock.advance(1_000)
    client.logout()
    assert [seen.target for seen in service.seen][-2:] == ["/auth/refresh", "/auth/logout"]


# Clocks


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_wrong_clock_is_corrected(connect: Any, service: Dashboard, clock: Clock, seconds: int) -> None:
    ours = Clock()
    ours.advance(seconds)
    client = connect(service.origin, clock=ours)
    client.login()
    for _ in range(3):
        clock.advance(800)
        ours.advance(800)
        assert client.get("/me").status_code == 200
    assert (service.count("/auth/refresh"), service.count("/auth/challenge")) == (3, 1)


def test_a_server_of_another_time_is_refused(connect: Any, service: Dashboard, clock: Clock) -> None:
    ours = Clock()
    ours.advance(3_600)
    signer = Signer()
    with pytest.raises(AuthenticationError) as refused:
        connect(service.origin, signer, clock=ours).login()
    assert refused.value.code == "stale_request"
    assert signer.signed == []


# Many at once


def test_one_login_and_one_refresh_for_all(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    for refreshes in range(3):
        answers = connect.together(12, lambda: client.get("/me"))
        assert [answer.status_code for answer in answers] == [200] * 12
        assert (service.count("/auth/session"), service.count("/auth/refresh")) == (1, refreshes)
        clock.advance(800)


def test_one_new_login_for_all_whose_session_is_over(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    client.login()
    asyncio.run(service.auth.revoke(MINER.ss58_address))
    answers = connect.together(8, lambda: client.get("/me"))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert service.count("/auth/challenge") == 2


def test_a_login_that_fails_leaves_nothing_locked(connect: Any, service: Dashboard, clock: Clock) -> None:
    client = connect(service.origin, clock=clock)
    service.refuse("/auth/session", "store_warming", retry_after=3)
    with pytest.raises(StoreError) as refused:
        client.get("/me")
    assert refused.value.retry_after == 3
    assert client.get("/me").status_code == 200


def test_a_login_that_is_cancelled_leaves_nothing_locked(service: Dashboard, clock: Clock) -> None:
    class Slow(Signer):
        async def _later(self, signature: bytes) -> bytes:
            await asyncio.sleep(3_600)
            return signature

    async def run() -> int:
        async with AsyncSessionClient(service.origin, Slow("async"), clock=clock, verify=TLS) as client:
            for _ in range(2):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(client.get("/me"), 0.05)
        return service.count("/auth/challenge")

    assert asyncio.run(run()) == 2


# A session from elsewhere


def test_a_refresh_token_is_enough(connect: Any, service: Dashboard, clock: Clock) -> None:
    tokens = _log_in_by_hand(service)
    client = connect(service.origin, None, refresh_token=tokens["refresh_token"], clock=clock)
    assert client.get("/me").json() == MINER.ss58_address
    assert service.count("/auth/refresh") == 1
    service.refuse("/me", "session_ended")
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            client.get("/me")
        assert refused.value.code == "login_required"
    assert service.count("/me") == 2


def _log_in_by_hand(service: Dashboard) -> dict[str, str]:
    challenge = httpx.post(f"{service.origin}/auth/challenge", json={"hotkey": MINER.ss58_address}).json()
    signature = "0x" + MINER.sign(challenge["challenge"].encode()).hex()
    fields = {"hotkey": MINER.ss58_address, "sealed": challenge["sealed"], "signature": signature}
    tokens: dict[str, str] = httpx.post(f"{service.origin}/auth/session", json=fields).json()
    return tokens


def test_the_base_url_may_have_a_path(service: Dashboard, clock: Clock) -> None:
    app = FastAPI()
    app.mount("/v1", service.app)
    service.app = app
    with SessionClient(f"{service.origin}/v1/", MINER, prefix="auth/", clock=clock, verify=TLS) as client:
        assert client.get("me").json() == MINER.ss58_address


@pytest.mark.parametrize("url", ["", "/relative", "https://u:p@h", "https://h/?q", "https://h/#f", "ftp://h"])
def test_settings_are_checked_when_built(url: str) -> None:
    with pytest.raises(ConfigurationError):
        SessionAuth(url, MINER)
    with pytest.raises(ConfigurationError):
        SessionAuth("https://h")


# The guide


GUIDE = Path(__file__).parents[2] / "docs/guide/clients.md"


def test_the_guide_runs(server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    service = server.put(time.time_ns)
    monkeypatch.setenv("NO_PROXY", "*")
    snippets = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    for snippet in snippets:
        code = snippet.replace("https://api.example.org", service.origin).replace('"miner/default"', "MINER")
        exec(code.replace("5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", SERVICE), {"MINER": MINER})
    assert len(snippets) == 6
    assert capsys.readouterr().out.count(MINER.ss58_address) == 5
    assert service.count("/score") == 3
