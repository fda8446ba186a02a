"""What is in the wheel, what it promises, and that its binary keeps to the stable ABI."""

from __future__ import annotations

import csv
import email
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "bindings-python/python/bittensor_auth"
BINARY = "bittensor_auth/_core.abi3.so"
MAX_SIZE = 1_000_000


@pytest.fixture(scope="module")
def dist_info(archive: zipfile.ZipFile, version: str) -> str:
    return f"bittensor_auth-{version}.dist-info"


@pytest.fixture(scope="module")
def metadata(archive: zipfile.ZipFile, dist_info: str) -> Message:
    return email.message_from_bytes(archive.read(f"{dist_info}/METADATA"))


@pytest.fixture(scope="module")
def binary(archive: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(archive.extract(BINARY, tmp_path_factory.mktemp("binary")))


@pytest.fixture(scope="module")
def abi3info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The stable ABI as data; fetched when this environment lacks it."""
    folder = tmp_path_factory.mktemp("abi3info")
    with pytest.MonkeyPatch.context() as patch:
        try:
            import abi3info  # type: ignore[import-not-found]
        except ImportError:
            requirements = str(Path(__file__).with_name("requirements.txt"))
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
            subprocess.run([*pip, "-r", requirements], check=True)
            patch.syspath_prepend(folder)
            import abi3info
        yield abi3info


def symbols(binary: Path, kind: str) -> set[str]:
    """The names of dynamic symbols, without their versions."""
    listed = subprocess.run(["nm", "-D", f"--{kind}-only", binary], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1].partition("@")[0] for line in listed.splitlines()}


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= MAX_SIZE


def test_it_is_for_every_python_from_3_10_on(archive: zipfile.ZipFile, wheel: Path, dist_info: str) -> None:
    tags = email.message_from_bytes(archive.read(f"{dist_info}/WHEEL"))
    assert tags["Root-Is-Purelib"] == "false"
    for tag in tags.get_all("Tag", []):
        assert re.fullmatch(r"cp310-abi3-\w+", tag)
    assert re.fullmatch(r"bittensor_auth-[0-9.]+-cp310-abi3-[\w.]+\.whl", wheel.name)


def test_it_holds_the_package_and_nothing_else(archive: zipfile.ZipFile, dist_info: str) -> None:
    files = {name for name in archive.namelist() if not name.endswith("/")}
    sources = {f"bittensor_auth/{path.name}" for path in PACKAGE.iterdir() if path.suffix in (".py", ".pyi", ".typed")}
    sources |= {"bittensor_auth/py.typed", BINARY}
    assert {name for name in files if not name.startswith(f"{dist_info}/")} == sources
    assert {name.partition("/")[2] for name in files - sources} >= {"METADATA", "RECORD", "WHEEL"}


def test_it_is_what_the_repository_has(archive: zipfile.ZipFile) -> None:
    for path in PACKAGE.glob("*.py*"):
        assert archive.read(f"bittensor_auth/{path.name}") == path.read_bytes(), "build it again: make setup"


def test_the_record_is_whole(archive: zipfile.ZipFile, dist_info: str) -> None:
    rows = csv.reader(archive.read(f"{dist_info}/RECORD").decode().splitlines())
    assert {name for name, *_ in rows} == {name for name in archive.namelist() if not name.endswith("/")}
    assert archive.testzip() is None


def test_it_needs_nothing(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist", [])
    assert [line for line in required if "extra ==" not in line] == []


def test_it_offers_these_extras(metadata: Message) -> None:
    extras = ["aiohttp", "all", "fastapi", "httpx", "redis", "requests", "websockets"]
    assert sorted(metadata.get_all("Provides-Extra", [])) == extras


def test_it_says_what_it_is(metadata: Message, version: str) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("bittensor-auth", version)
    assert metadata["Requires-Python"] == ">=3.10"
    assert "Apache-2.0" in (metadata["License-Expression"] or metadata["License"] or "")
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert str(metadata.get_payload()).strip() == (ROOT / "bindings-python/README.md").read_text().strip()


def test_the_binary_uses_the_stable_abi_only(binary: Path, abi3info: ModuleType) -> None:
    known = {**abi3info.FUNCTIONS, **abi3info.DATAS}
    stable = {symbol.name for symbol, entry in known.items() if entry.added <= abi3info.models.PyVersion(3, 10)}
    used = {name for name in symbols(binary, "undefined") if name.startswith(("Py", "_Py"))}
    assert len(used) > 50
    assert used <= stable, used - stable


def test_the_binary_shows_its_entry_only(binary: Path) -> None:
    assert symbols(binary, "defined") == {"PyInit__core"}


def test_the_binary_needs_the_c_library_only(binary: Path) -> None:
    listed = subprocess.run(["readelf", "-d", binary], check=True, capture_output=True, text=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.+?)\]", listed))
    assert needed
    assert all(re.match(r"lib(c|dl|gcc_s|m|pthread)\.so|ld-linux", name) for name in needed), needed
