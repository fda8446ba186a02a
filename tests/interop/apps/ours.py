"""Our settings, the same for every framework."""

from __future__ import annotations

import os
from typing import Any

from redis.asyncio import Redis
from starlette.middleware.cors import CORSMiddleware

from apps.settings import RECEIVER
from bittensor_auth import Caller, MemoryStore
from bittensor_auth.asgi import HotkeyAuth, caller_of
from bittensor_auth.redis import RedisStore

BODY_LIMIT = 1_048_576
"""The default of the package, written out because the tests stand on it."""


def settings() -> dict[str, Any]:
    return {
        "receiver": RECEIVER,
        "store": store(),
        "origin": os.environ.get("ORIGIN"),
        "secret": os.environ.get("SECRET"),
        "schemes": ("sr25519", "ed25519"),
        "public_prefix": os.environ.get("PUBLIC_PREFIX", ""),
    }


def opened(app: Any) -> Any:
    """The application for pages of its site, which is at another origin."""
    site = os.environ.get("ORIGIN")
    return CORSMiddleware(app, [site], ["*"], ["*"]) if site else app


def store() -> MemoryStore | RedisStore:
    if url := os.environ.get("REDIS_URL"):
        return RedisStore(Redis.from_url(url), timeout=2)
    return MemoryStore(nothing_accepted_before=True)


def authentication() -> HotkeyAuth:
    return HotkeyAuth(**settings())


def caller(scope: dict[str, Any]) -> Caller:
    return caller_of(scope)
