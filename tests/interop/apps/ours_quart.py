"""Our ASGI middleware in front of Quart."""

from __future__ import annotations

from typing import Any

from quart import Quart, request

from apps.ours import authentication, caller
from apps.settings import seen
from bittensor_auth.asgi import HotkeyAuthMiddleware

app = Quart(__name__)
app.asgi_app = HotkeyAuthMiddleware(app.asgi_app, authentication(), protect="/echo")  # type: ignore[method-assign]


@app.get("/open")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


@app.before_request
async def echo() -> dict[str, Any] | None:
    """Answers before routing, which knows no `//` and redirects."""
    if not request.path.startswith("/echo"):
        return None
    me = caller(request.scope)
    return seen(request.scope, await request.get_data(), me.hotkey, me.scheme)
