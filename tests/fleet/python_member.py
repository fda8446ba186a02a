"""The FastAPI example in a process whose clock is wrong by `TEST_ONLY_CLOCK_SHIFT_MS`, and whose store waits
`STORE_TIMEOUT_MS`. The example itself is as it is shipped."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_shift_ns = int(os.environ["TEST_ONLY_CLOCK_SHIFT_MS"]) * 1_000_000
_true_time = time.time_ns
# Before anything asks for it by name.
time.time_ns = lambda: _true_time() + _shift_ns

from bittensor_auth.redis import RedisStore  # noqa: E402

RedisStore.__init__.__kwdefaults__["timeout"] = int(os.environ["STORE_TIMEOUT_MS"]) / 1_000

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "fastapi"))
from app import app  # noqa: E402, F401
