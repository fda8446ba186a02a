"""A FastAPI service that knows which hotkey calls. Settings come from the environment, so that `make demo` and the
tests can run it as it is."""

from __future__ import annotations

import os
from typing import Annotated

from bittensor_auth import Caller, MemoryStore
from bittensor_auth.fastapi import HotkeyAuth
from fastapi import Depends, FastAPI

if redis_url := os.environ.get("REDIS_URL"):
    from redis.asyncio import Redis

    from bittensor_auth.redis import RedisStore

    store: MemoryStore | RedisStore = RedisStore(Redis.from_url(redis_url))
else:
    store = MemoryStore(nothing_accepted_before="FIRST_START" in os.environ)

auth = HotkeyAuth(
    receiver=os.environ["RECEIVER"],
    store=store,
    origin=os.environ.get("ORIGIN", "http://127.0.0.1:8000"),
    secret=os.environ.get("SECRET"),
    cookies="COOKIES" in os.environ,
)
app = FastAPI(title="Who is calling?")
auth.install(app)
app.include_router(auth.router())


@app.get("/")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


@app.post("/score")
async def score(me: Annotated[Caller, Depends(auth.caller)]) -> dict[str, str]:
    return {"hotkey": me.hotkey, "via": me.via}
