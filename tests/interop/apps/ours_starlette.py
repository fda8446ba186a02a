"""Our ASGI middleware in front of Starlette."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from apps.ours import authentication, caller, opened
from apps.settings import METHODS, seen
from bittensor_auth.asgi import HotkeyAuthMiddleware


async def echo(request: Request) -> JSONResponse:
    me = caller(request.scope)
    return JSONResponse(seen(request.scope, await request.body(), me.hotkey, me.scheme))


async def open_to_all(request: Request) -> JSONResponse:
    return JSONResponse({"hello": "anybody"})


echoes = Route("/echo{rest:path}", echo, methods=METHODS)
app = Starlette(
    routes=[Route("/open", open_to_all), echoes, Mount("/below", routes=[echoes])],
    middleware=[Middleware(HotkeyAuthMiddleware, auth=authentication(), protect=("/echo", "/below"))],
)
app = opened(app)
