"""Fixtures for pytest: `pytest_plugins = ["bittensor_auth.testing_fixtures"]` in a `conftest.py`."""

from __future__ import annotations

import pytest

from . import testing
from ._core import Keypair

__all__ = ["alice", "bob", "charlie", "clock", "dave", "registry"]


@pytest.fixture
def alice() -> Keypair:
    """A validator with a permit and 10,000 TAO of stake."""
    return testing.ALICE


@pytest.fixture
def bob() -> Keypair:
    """A miner."""
    return testing.BOB


@pytest.fixture
def charlie() -> Keypair:
    """Registered, without permit and stake."""
    return testing.CHARLIE


@pytest.fixture
def dave() -> Keypair:
    """Not registered."""
    return testing.DAVE


@pytest.fixture
def clock() -> testing.FakeClock:
    """A clock that stands still."""
    return testing.FakeClock()


@pytest.fixture
def registry(clock: testing.FakeClock) -> testing.FakeRegistry:
    """A subnet with alice, bob and charlie, by `clock`."""
    return testing.FakeRegistry(clock=clock)
