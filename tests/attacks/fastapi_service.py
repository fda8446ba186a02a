"""A FastAPI service with everything that is attacked: sessions, cookies and a policy. One route takes every path."""

from __future__ import annotations

import os
from typing import Annotated

from bittensor_auth import Caller, Policy
from bittensor_auth.fastapi import HotkeyAuth
from bittensor_auth.redis import RedisStore
from fastapi import Depends, FastAPI
from redis.asyncio import Redis

auth = HotkeyAuth(
    os.environ["RECEIVER"],
    store=RedisStore(Redis.from_url(os.environ["REDIS_URL"]), timeout=int(os.environ["STORE_TIMEOUT_MS"]) / 1_000),
    policy=Policy.any_hotkey().deny([os.environ["DENIED"]]),
    origin=os.environ["ORIGIN"],
    secret=os.environ["SECRET"],
    cookies=True,
)
app = FastAPI()
auth.install(app)
app.include_router(auth.router())


@app.get("/")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
async def score(path: str, me: Annotated[Caller, Depends(auth.caller)]) -> dict[str, str]:
    return {"hotkey": me.hotkey, "via": me.via}
