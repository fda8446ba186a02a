"""`bittensor-auth` 0.1.1 under FastAPI, as its documentation says, less what would ask the chain."""

from __future__ import annotations

import os
from typing import Annotated

from bittensor_auth import BittensorAuthConfig, InMemoryCache, MetagraphCache, RedisCache, SessionStore
from bittensor_auth.fastapi import AuthenticatedUser, BittensorAuth, build_auth_router
from fastapi import Depends, FastAPI
from split import beside_open

redis_url = os.environ.get("REDIS_URL")
cache = RedisCache.from_url(redis_url) if redis_url else InMemoryCache()
config = BittensorAuthConfig(recheck_ban_on_session=False)
sessions = SessionStore(cache)
auth = BittensorAuth(config=config, cache=cache, metagraph=MetagraphCache(config), session_store=sessions)
for_signed, for_sessions = FastAPI(), FastAPI()


@for_signed.get("/signed")
async def signed(me: Annotated[AuthenticatedUser, Depends(auth.authenticate)]) -> dict[str, str]:
    return {"hotkey": me.hotkey}


@for_sessions.get("/session")
async def session(me: Annotated[AuthenticatedUser, Depends(auth.require_session)]) -> dict[str, str]:
    return {"hotkey": me.hotkey}


for_sessions.include_router(build_auth_router(session_store=sessions, role_resolver=lambda _: "user"), prefix="/auth")
app = beside_open(for_signed, for_sessions)
