"""A fleet whose clocks are right, for the tests that do not break it. Its stores are patient: time-outs on a busy machine
are not what these tests are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fleet import Fleet
from support.redis_server import RedisServer


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(folder / "redis"))
        fleet = stack.enter_context(Fleet(folder, redis, store_timeout_ms=2_000))
        fleet.wait_until_accepting()
        yield fleet
        fleet.check_logs()
