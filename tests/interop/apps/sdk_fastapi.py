"""The SDK's verifier in FastAPI, wired as its published guide says for 11.3.0."""

from __future__ import annotations

from typing import Annotated, Any

from bittensor import http_auth
from fastapi import Depends, FastAPI, HTTPException, Request

from apps.settings import METHODS, RECEIVER, seen

SCHEMES = {0: "ed25519", 1: "sr25519"}


async def authenticated(request: Request) -> http_auth.Caller:
    body = await request.body()
    target = request.scope["raw_path"].decode()
    if request.scope["query_string"]:
        target += "?" + request.scope["query_string"].decode()
    try:
        return http_auth.verify(request.headers, body, method=request.method, path=target, self_hotkey_ss58=RECEIVER)
    except http_auth.AuthError as refusal:
        raise HTTPException(401, type(refusal).__name__) from None


app = FastAPI()
mounted = FastAPI()
Me = Annotated[http_auth.Caller, Depends(authenticated)]


@app.api_route("/echo{rest:path}", methods=METHODS)
@mounted.api_route("/echo{rest:path}", methods=METHODS)
async def echo(request: Request, me: Me) -> dict[str, Any]:
    return seen(request.scope, await request.body(), me.hotkey_ss58, SCHEMES[me.crypto_type])


@app.get("/open")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


app.mount("/below", mounted)
