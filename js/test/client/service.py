"""The service that the client's tests talk to: `bittensor_auth.fastapi` with routes that go wrong in every way."""

from __future__ import annotations

import hashlib
import os
from typing import Annotated, Any

from bittensor_auth import Caller, MemoryStore
from bittensor_auth.fastapi import HotkeyAuth
from fastapi import Depends, FastAPI, Request, Response

auth = HotkeyAuth(
    receiver=os.environ["RECEIVER"],
    store=MemoryStore(nothing_accepted_before=True),
    origin=os.environ["ORIGIN"],
    secret="a secret of this test, at least 32 bytes",
    access_lifetime=float(os.environ.get("ACCESS", "900")),
    idle_lifetime=float(os.environ.get("IDLE", "7200")),
    refresh_grace=float(os.environ.get("GRACE", "30")),
    schemes=("sr25519", "ed25519"),
    cookies="COOKIES" in os.environ,
)
app = FastAPI()
auth.install(app)
app.include_router(auth.router())
asked: list[str] = []
"""Method and path of every request, but of the last two routes."""
refreshed: set[str] = set()
"""One entry for each rotation."""
refusals: dict[str, int] = {}


def refresh_token(body: bytes, response: Response) -> bytes:
    """The new one, in the body or in a cookie."""
    cookies = [value for name, value in response.raw_headers if name == b"set-cookie" and b"-refresh=" in value]
    return (cookies[0].split(b";") if cookies else body.split(b'"refresh_token":')[1].split(b'"')[1:])[0]


@app.middleware("http")
async def watch(request: Request, call_next: Any) -> Response:
    path = request.url.path
    if path not in ("/asked", "/refuse"):
        asked.append(f"{request.method} {path}")
        if refusals.get(path, 0) > 0:
            refusals[path] -= 1
            return Response(status_code=503, headers={"Retry-After": "1"})
    response: Response = await call_next(request)
    if path == "/auth/refresh" and response.status_code == 200:
        body = b"".join([piece async for piece in response.body_iterator])  # type: ignore[attr-defined]
        refreshed.add(hashlib.sha256(refresh_token(body, response)).hexdigest())
        copy = Response(body)
        copy.raw_headers = response.raw_headers
        return copy
    return response


@app.get("/asked")
async def report() -> dict[str, Any]:
    return {"asked": asked, "rotations": len(refreshed)}


@app.post("/refuse")
async def refuse(path: str, times: int) -> None:
    """The next answers of `path` are 503, from something in front of the service."""
    refusals[path] = times


@app.post("/revoke")
async def revoke(me: Annotated[Caller, Depends(auth.caller)]) -> None:
    await auth.revoke(me.hotkey)


@app.api_route("/redirect", methods=["GET", "POST"])
async def redirect(to: str, status: int = 307) -> Response:
    return Response(status_code=status, headers={"Location": to})


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def echo(request: Request, me: Annotated[Caller, Depends(auth.caller)]) -> dict[str, Any]:
    body = await request.body()
    return {
        "hotkey": me.hotkey,
        "via": me.via,
        "method": request.method,
        "target": request.scope["raw_path"].decode() + "?" * bool(request.scope["query_string"]) + request.url.query,
        "type": request.headers.get("content-type"),
        "body": body.decode("latin-1"),
    }
