"""A service without a framework, where one is only in the way: `/score` needs a signed request, `/` nothing."""

from __future__ import annotations

import os

from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware
from bittensor_auth.redis import RedisStore
from redis.asyncio import Redis

from .asgi_call import reached

store = RedisStore(Redis.from_url(os.environ["REDIS_URL"]), timeout=float(os.environ["STORE_TIMEOUT"]))
app = HotkeyAuthMiddleware(reached, auth=HotkeyAuth(os.environ["RECEIVER"], store=store), protect="/score")
