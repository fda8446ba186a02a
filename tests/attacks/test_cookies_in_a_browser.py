"""T70, T71, T74 in a real Chromium: a dashboard with its tokens in cookies, and pages of other origins that attack it.

The pages lie on one port beside the dashboard (another origin of the same site, so the browser sends all cookies) and
under another name (another site).
"""

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from bittensor_auth import Caller, Keypair, MemoryStore
from bittensor_auth.fastapi import HotkeyAuth
from support.processes import Process, wait_until

RECEIVER = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
PERSON = Keypair.generate("sr25519")
COOKIES = ["__Host-btauth-refresh", "__Host-btauth-session"]

HELPERS = """
const send = (method, url, body, more) => fetch(url, {method, body: body && JSON.stringify(body), ...more});
const go = (url) => location.replace(url);
"""
LOGIN = """
const {challenge, sealed} = await (await send("POST", "/auth/challenge", {hotkey})).json();
const {signature} = await (await send("POST", "/wallet", {challenge})).json();
const login = await send("POST", "/auth/session", {hotkey, sealed, signature, tokens: "cookie"});
const refresh = await send("POST", "/auth/refresh", {tokens: "cookie"});
const report = {login: login.status, grant: await login.text(), refresh: refresh.status, refreshed: await refresh.text(),
  seen: document.cookie, header: login.headers.get("set-cookie"), me: (await send("GET", "/me")).status,
  work: (await send("POST", "/work")).status};
await send("POST", "/report/login", report);
"""
ATTACK = """
const more = {mode: "no-cors", credentials: "include"};
const swallow = (promise) => promise.catch(() => undefined);
for (const path of ["/work", "/auth/logout"]) await swallow(send("POST", target + path, null, more));
await swallow(send("POST", target + "/auth/refresh", {tokens: "cookie"}, more));
await swallow(send("GET", target + "/me", null, more));
await swallow(send("POST", target + "/work", null, {credentials: "include"}));
const element = (name, fields) => new Promise((done) => {
  const made = Object.assign(document.createElement(name), {onload: done, onerror: done, ...fields});
  document.body.append(made);
});
await element("img", {src: target + "/me"});
await element("iframe", {src: target + "/me"});
const form = `<form method=post action="${target}/work"></form><script>document.forms[0].submit()</scr` + `ipt>`;
for (const sandbox of ["", "allow-scripts allow-forms"]) {
  const frame = document.createElement("iframe");
  if (sandbox) frame.sandbox = sandbox;
  frame.srcdoc = form;
  document.body.append(frame);
}
await new Promise((done) => setTimeout(done, 500));
"""
AFTER = """
const me = (await send("GET", "/me")).status;
const logout = (await send("POST", "/auth/logout")).status;
await send("POST", "/report/after", {me, logout, then: (await send("GET", "/me")).status});
"""


class World:
    """The dashboard, the attacker's pages, and what the browser sent to the first."""

    def __init__(self) -> None:
        self.sockets = [socket.socket() for _ in range(2)]
        for one in self.sockets:
            one.bind(("127.0.0.1", 0))
        self.port, self.attackers_port = (one.getsockname()[1] for one in self.sockets)
        self.origin = f"http://127.0.0.1:{self.port}"
        self.beside = f"http://127.0.0.1:{self.attackers_port}"
        self.elsewhere = f"http://elsewhere.test:{self.attackers_port}"
        self.seen: list[dict[str, Any]] = []
        self.worked: list[str] = []
        self.reports: dict[str, Any] = {}
        store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
        self.auth = HotkeyAuth(RECEIVER, store=store, origin=self.origin, cookies=True)
        self.dashboard = self._dashboard()

    def _dashboard(self) -> FastAPI:
        app = FastAPI()
        self.auth.install(app)
        app.include_router(self.auth.router())
        By = Annotated[Caller, Depends(self.auth.session)]

        @app.get("/start", response_class=HTMLResponse)
        def start() -> str:
            return page(f'const hotkey = "{PERSON.ss58_address}";' + LOGIN, f"{self.beside}/")

        @app.post("/wallet")
        async def wallet(request: Request) -> dict[str, str]:
            return {"signature": PERSON.sign((await request.json())["challenge"].encode()).hex()}

        @app.get("/me")
        def me(me: By) -> str:
            return me.hotkey

        @app.post("/work")
        def work(me: By, request: Request) -> None:
            self.worked.append(request.headers["origin"])

        @app.get("/linked", response_class=HTMLResponse)
        def linked(me: By) -> str:
            return page(AFTER, None)

        @app.post("/report/{name}")
        async def report(name: str, request: Request) -> Response:
            self.reports[name] = await request.json()
            return Response()

        return app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.dashboard(scope, receive, send)
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["server"][1] == self.attackers_port:
            following = f"{self.elsewhere}/" if headers["host"].startswith("127.") else f"{self.origin}/linked"
            html = page(f'const target = "{self.origin}";' + ATTACK, following)
            await HTMLResponse(html)(scope, receive, send)
            return
        cookies = sorted(pair.partition("=")[0].strip() for pair in headers.get("cookie", "").split(";") if pair)
        entry = {"request": f"{scope['method']} {scope['path']}", "origin": headers.get("origin"), "cookies": cookies}
        self.seen.append({**entry, "site": headers.get("sec-fetch-site"), "referer": headers.get("referer")})

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                entry_seen["status"] = message["status"]
            await send(message)

        entry_seen = self.seen[-1]
        await self.dashboard(scope, receive, noted)

    @contextmanager
    def serving(self) -> Iterator[None]:
        config = uvicorn.Config(self, log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": self.sockets})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield
        finally:
            server.should_exit = True
            thread.join()


def page(script: str, following: str | None) -> str:
    after = f"go({json.dumps(following)});" if following else ""
    return f"<!doctype html><body><script type=module>{HELPERS}{script}{after}</script>"


def test_pages_of_other_origins_get_nothing_from_a_dashboard_with_cookies(tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    world = World()
    with world.serving():
        command = [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0",
            "--host-resolver-rules=MAP elsewhere.test 127.0.0.1", f"--user-data-dir={tmp_path / 'profile'}",
            f"{world.origin}/start",
        ]  # fmt: skip
        browser = Process(command, log=tmp_path / "chromium.log")
        try:
            wait_until(lambda: "after" in world.reports, seconds=40, what="the browser comes to the last page")
        finally:
            browser.end()

    login = world.reports["login"]
    assert {name: login[name] for name in ("login", "refresh", "me", "work")} == dict.fromkeys(
        ("login", "refresh", "me", "work"), 200
    )
    assert (login["seen"], login["header"]) == ("", None), "a script sees no cookie"
    assert "bta" not in login["grant"] + login["refreshed"]
    assert world.reports["after"] == {"me": 200, "logout": 200, "then": 401}
    assert world.worked == [world.origin], "one piece of work, ordered by the dashboard itself"

    home = (None, f"{world.origin}/start", f"{world.origin}/linked")
    by_home = [one for one in world.seen if one["site"] == "same-origin" and one["referer"] in home]
    linked = [one for one in world.seen if one["request"] == "GET /linked"]
    foreign = [one for one in world.seen if one not in by_home and one not in linked and "/start" not in one["request"]]
    foreign = [one for one in foreign if "favicon" not in one["request"]]
    assert [one["status"] for one in linked] == [200], "a person followed a link"
    assert {one["status"] for one in foreign} <= {401, 403}, foreign
    beside = [one for one in foreign if one["site"] == "same-site"]
    with_cookies = [one["request"] for one in beside if one["cookies"] == COOKIES]
    assert {one["status"] for one in beside if one["cookies"] == COOKIES} == {403}
    for request in ("POST /work", "POST /auth/logout", "POST /auth/refresh", "GET /me"):
        assert request in with_cookies, "the browser itself held nothing back"
    assert "null" in {one["origin"] for one in foreign}
    assert [one for one in foreign if one["site"] == "cross-site"]
