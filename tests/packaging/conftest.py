"""The wheel under test, and fresh environments to put it into."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pythons import VERSIONS, Environment, interpreters

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel() -> Path:
    """`$WHEEL`, or what `make` built."""
    named = os.environ.get("WHEEL")
    wheels = [Path(named)] if named else sorted((ROOT / "target/wheels").glob("bittensor_auth-*.whl"))
    assert len(wheels) == 1, f"expected one wheel, from `make setup` or in $WHEEL; found {len(wheels)}"
    return wheels[0].resolve()


@pytest.fixture(scope="session")
def version() -> str:
    """The workspace's one version."""
    found = re.search(r'^\[workspace\.package\]\nversion = "([^"]+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture(scope="session")
def archive(wheel: Path) -> Iterator[zipfile.ZipFile]:
    """The same, open."""
    with zipfile.ZipFile(wheel) as opened:
        yield opened


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda version: f"{version[0]}.{version[1]}")
def environment(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """A new virtual environment of one Python, with nothing but the wheel. Pythons that are not there are skipped."""
    found = interpreters(request.param)
    if not found:
        pytest.skip("no such Python here")
    fresh = Environment.create(tmp_path_factory.mktemp("environment"), found)
    fresh.pip("install", "--no-index", str(wheel))
    return fresh
