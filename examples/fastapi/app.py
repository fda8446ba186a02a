"""A FastAPI service that knows which hotkey calls. Settings come from the environment, so that `make demo` and the
tests can run it as it is."""

from __future__ import annotations

import os
from typing import Annotated

from fastapi.middleware.cors import CORSMiddleware

from bittensor_auth import Caller, MemoryStore
from bittensor_auth.fastapi import HotkeyAuth
from fastapi import Depends, FastAPI

if redis_url := os.environ.get("REDIS_URL"):
    from redis.asyncio import Redis

    from bittensor_auth.redis import RedisStore

    store: MemoryStore | RedisStore = RedisStore(Redis.from_url(redis_url))
else:
    store = MemoryStore(nothing_accepted_before="FIRST_START" in os.environ)

cookies = "COOKIES" in os.environ
auth = HotkeyAuth(
    receiver=os.environ["RECEIVER"],
    store=store,
    origin=os.environ.get("ORIGIN", "http://127.0.0.1:8000"),
    secret=os.environ.get("SECRET"),
    cookies=cookies,
)
app = FastAPI(title="Who is calling?")
auth.install(app)
app.include_router(auth.router())
# A dashboard in development is served from another port. In production name its origin.
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"http://127\.0\.0\.1:\d+",
    allow_methods=["*"],
    allow_headers=["*"],
    allow_credentials=cookies,
    expose_headers=["Retry-After", "WWW-Authenticate", "X-Request-ID"],
)


@app.get("/")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


@app.post("/score")
async def score(me: Annotated[Caller, Depends(auth.caller)]) -> dict[str, str]:
    return {"hotkey": me.hotkey, "via": me.via}
