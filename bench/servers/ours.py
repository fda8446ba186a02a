"""Our package under FastAPI, as its documentation says."""

from __future__ import annotations

import logging
import os
from typing import Annotated

from bittensor_auth import Caller, MemoryStore
from bittensor_auth.fastapi import HotkeyAuth
from fastapi import Depends, FastAPI
from split import beside_open

if redis_url := os.environ.get("REDIS_URL"):
    from bittensor_auth.redis import RedisStore
    from redis.asyncio import Redis

    store: MemoryStore | RedisStore = RedisStore(Redis.from_url(redis_url), timeout=2)
else:
    store = MemoryStore(nothing_accepted_before=True)

# A store that just began to remember refuses for some seconds, which needs no warning here.
logging.getLogger("bittensor_auth").setLevel("ERROR")
auth = HotkeyAuth(receiver=os.environ["RECEIVER"], store=store, origin="http://127.0.0.1")
for_signed, for_sessions = FastAPI(), FastAPI()
auth.install(for_signed)
auth.install(for_sessions)


@for_signed.get("/signed")
async def signed(me: Annotated[Caller, Depends(auth.signed)]) -> dict[str, str]:
    return {"hotkey": me.hotkey}


@for_sessions.get("/session")
async def session(me: Annotated[Caller, Depends(auth.session)]) -> dict[str, str]:
    return {"hotkey": me.hotkey}


for_sessions.include_router(auth.router())
app = beside_open(for_signed, for_sessions)
