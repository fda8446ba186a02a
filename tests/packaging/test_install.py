"""One wheel on every Python that it names: installed offline into a fresh environment, it signs and verifies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pythons import VERSIONS, Environment, interpreters

SMOKE = Path(__file__).with_name("smoke.py")


def test_there_is_a_python_to_install_it_on() -> None:
    assert [version for version in VERSIONS if interpreters(version)]


def test_it_works_alone(environment: Environment, version: str) -> None:
    assert json.loads(environment.run(SMOKE)) == {
        "version": version,
        "requests": ["bad_signature", "ok", "replayed_request"],
        "session": True,
        "inside": True,
    }


def test_it_brings_nothing_along(environment: Environment) -> None:
    installed = {row["name"] for row in json.loads(environment.pip("list", "--format", "json"))}
    assert installed - {"pip", "setuptools"} == {"bittensor-auth"}
    assert "No broken requirements" in environment.pip("check")


@pytest.mark.parametrize("extra", ["aiohttp", "fastapi", "httpx", "requests"])
def test_a_missing_extra_is_named(environment: Environment, extra: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import bittensor_auth as b\n"
        f"try:\n    import bittensor_auth.{extra}\n"
        "except b.ConfigurationError as failure:\n    print(failure.code, failure)\n"
    )
    told = environment.run(program)
    assert told.startswith("invalid_configuration ")
    assert f'pip install "bittensor-auth[{extra}]"' in told
