"""Our settings, the same for every framework."""

from __future__ import annotations

import os
from typing import Any

from apps.settings import RECEIVER
from bittensor_auth import Caller, MemoryStore
from bittensor_auth.asgi import HotkeyAuth, caller_of

BODY_LIMIT = 1_048_576
"""The default of the package, written out because the tests stand on it."""


def settings() -> dict[str, Any]:
    return {
        "receiver": RECEIVER,
        "store": MemoryStore(nothing_accepted_before=True),
        "schemes": ("sr25519", "ed25519"),
        "public_prefix": os.environ.get("PUBLIC_PREFIX", ""),
    }


def authentication() -> HotkeyAuth:
    return HotkeyAuth(**settings())


def caller(scope: dict[str, Any]) -> Caller:
    return caller_of(scope)
