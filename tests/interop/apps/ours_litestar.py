"""Our ASGI middleware in front of Litestar."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, get, route

from apps.ours import authentication, caller
from apps.settings import METHODS, seen
from bittensor_auth.asgi import HotkeyAuthMiddleware


@route(["/echo", "/echo/{rest:path}"], http_method=METHODS, status_code=200)
async def echo(request: Request) -> dict[str, Any]:
    me = caller(request.scope)
    return seen(request.scope, await request.body(), me.hotkey, me.scheme)


@get("/open")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


app = HotkeyAuthMiddleware(Litestar([echo, open_to_all]), authentication(), protect="/echo")
