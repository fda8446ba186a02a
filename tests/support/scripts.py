"""The Redis scripts, run as they are shipped; on request under a clock that the test sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis
from bittensor_auth import _core

SOURCES: dict[str, str] = dict(_core.script_sources())

_CLOCK = """
local real = redis
local redis = {call = function(command, ...)
  if command == 'TIME' then return {'%d', '%d'} end
  return real.call(command, ...)
end}
"""
"""Answers TIME in the script's stead; everything else is the real server."""


def run(client: redis.Redis, name: str, keys: list[str], args: Sequence[Any], *, at_ms: int | None = None) -> Any:
    """The reply of a script. `at_ms`: what the server's clock reads; it expires keys by its own one all the same."""
    clock = "" if at_ms is None else _CLOCK % (at_ms // 1000, at_ms % 1000 * 1000)
    return client.eval(clock + SOURCES[name], len(keys), *keys, *args)
