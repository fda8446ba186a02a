"""Nothing below `protect` is reached without credentials, however paths are spelled and applications nested."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from litestar import Litestar, get
from quart import Quart
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import bittensor_auth.asgi
import bittensor_auth.fastapi
from bittensor_auth import MemoryStore, Policy, RequestSigner
from bittensor_auth.asgi import HotkeyAuthMiddleware
from keys import OUR_ALICE, STRANGER, receiver
from raw import ask
from servers import OURS, Server

RECEIVER = receiver("in this process")
SPELLINGS = [
    "/echo",
    "//echo",
    "///echo/x",
    "/%2Fecho",
    "/%65cho",
    "/./echo",
    "/open/../echo",
    "/open/..%2Fecho",
    r"\echo",
    r"/open\..\echo",
    "echo",
    "http:/echo",
    "http://here/echo",
    "http://here//echo",
    "?/echo",
    "*",
]
App = Callable[..., Awaitable[None]]


def settings(**changes: Any) -> dict[str, Any]:
    store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
    return {"receiver": RECEIVER, "store": store, **changes}


def starlette() -> App:
    secret = Route("/secret", lambda request: PlainTextResponse("reached"))
    return Starlette(routes=[secret, Mount("/below", routes=[secret])])


def quart() -> App:
    app = Quart(__name__)
    app.add_url_rule("/secret", "secret", lambda: "reached")
    return app


def litestar() -> App:
    @get("/secret")
    async def secret() -> str:
        return "reached"

    return Litestar([secret])


async def status(app: App, path: str, root_path: str = "", headers: dict[str, str] | None = None) -> int:
    """The status of the answer to `GET path`, as a server would ask an application."""
    sent: list[dict[str, Any]] = []
    received = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        return received.pop() if received else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = {"host": "here", **(headers or {})}.items()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": root_path,
        "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
        "extensions": {},
    }
    await app(scope, receive, send)
    return sent[0]["status"]


def signed(path: str) -> dict[str, str]:
    return RequestSigner(OUR_ALICE["sr25519"], RECEIVER).sign("GET", path)


@pytest.mark.parametrize("server", OURS, indirect=True)
@pytest.mark.parametrize("target", SPELLINGS)
def test_spellings_on_a_socket(server: Server, target: str) -> None:
    """The handlers answer 200, or fail with 500 where they find no caller."""
    assert ask(server.port, "GET", target).status in ({401} if "fastapi" not in server.flavour else {400, 401, 404})


@pytest.mark.parametrize("build", [starlette, quart, litestar])
@pytest.mark.parametrize("protect", ["/", "/secret", ("/other", "/secret")])
@pytest.mark.parametrize("path", ["/secret", "secret", "//secret", "/./secret", "http://here/secret", ""])
def test_spellings_by_default(build: Callable[[], App], protect: str | tuple[str, ...], path: str) -> None:
    app = HotkeyAuthMiddleware(build(), bittensor_auth.asgi.HotkeyAuth(**settings()), protect=protect)
    assert asyncio.run(status(app, path)) == 401
    assert asyncio.run(status(app, "/secret", headers=signed("/secret"))) == 200


@pytest.mark.parametrize("build", [starlette, litestar])
def test_root_path_in_front_of_the_path(build: Callable[[], App]) -> None:
    """As uvicorn puts it there."""
    app = HotkeyAuthMiddleware(build(), bittensor_auth.asgi.HotkeyAuth(**settings()), protect="/secret")
    assert asyncio.run(status(app, "/api/secret", "/api")) == 401


def test_application_mounted_in_one_that_has_the_same_authentication() -> None:
    auth = bittensor_auth.fastapi.HotkeyAuth(**settings())
    app = FastAPI()
    auth.install(app)
    app.mount("/inner", HotkeyAuthMiddleware(starlette(), auth))
    assert asyncio.run(status(app, "/inner/secret")) == 401
    assert asyncio.run(status(app, "/inner/secret", headers=signed("/inner/secret"))) == 200


def test_application_mounted_in_one_that_has_another_authentication() -> None:
    outer = bittensor_auth.fastapi.HotkeyAuth(**settings())
    strict = bittensor_auth.asgi.HotkeyAuth(**settings(policy=Policy.hotkeys([STRANGER])))
    app = FastAPI()
    outer.install(app)
    app.mount("/inner", HotkeyAuthMiddleware(starlette(), strict))
    assert asyncio.run(status(app, "/inner/secret")) == 401
    assert asyncio.run(status(app, "/inner/secret", headers=signed("/inner/secret"))) == 403


def test_each_dependency_asks_its_own_policy() -> None:
    anybody = bittensor_auth.fastapi.HotkeyAuth(**settings())
    strangers = bittensor_auth.fastapi.HotkeyAuth(**settings(policy=Policy.hotkeys([STRANGER])))
    app = FastAPI(dependencies=[Depends(anybody.caller)])
    anybody.install(app)
    strangers.install(app)
    app.get("/free")(lambda: "reached")
    app.get("/strict", dependencies=[Depends(strangers.caller)])(lambda: "reached")
    assert asyncio.run(status(app, "/free", headers=signed("/free"))) == 200
    assert asyncio.run(status(app, "/strict", headers=signed("/strict"))) == 403


def test_dependency_whose_middleware_is_not_installed() -> None:
    """It must not take what another one found."""
    installed = bittensor_auth.fastapi.HotkeyAuth(**settings())
    missing = bittensor_auth.fastapi.HotkeyAuth(**settings())
    app = FastAPI()
    installed.install(app)
    app.get("/strict", dependencies=[Depends(missing.caller)])(lambda: "reached")
    assert asyncio.run(status(app, "/strict", headers=signed("/strict"))) == 500
