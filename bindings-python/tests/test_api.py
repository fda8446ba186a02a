"""What can be imported, what importing costs, and the exceptions."""

from __future__ import annotations

import ast
import importlib
import inspect
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import pytest

import bittensor_auth
from bittensor_auth import (
    AuthenticationError,
    AuthorizationError,
    BittensorAuthError,
    ClientError,
    ConfigurationError,
    Hotkey,
    Keypair,
    StoreError,
    _core,
)
from bittensor_auth._errors import ERRORS, error

PACKAGE = Path(bittensor_auth.__file__).parent
PUBLIC = sorted(path.stem for path in PACKAGE.glob("[!_]*.py"))
KINDS = {
    "authentication": AuthenticationError,
    "authorization": AuthorizationError,
    "client": ClientError,
    "configuration": ConfigurationError,
    "store": StoreError,
}


def public_modules() -> list[ModuleType]:
    return [bittensor_auth, *(importlib.import_module(f"bittensor_auth.{name}") for name in PUBLIC)]


# Names


def test_the_public_modules_are_these() -> None:
    assert PUBLIC == [
        "aiohttp",
        "asgi",
        "fastapi",
        "httpx",
        "redis",
        "registry",
        "requests",
        "testing",
        "testing_fixtures",
    ]


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_a_module_says_what_it_offers_in_order(module: ModuleType) -> None:
    assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(module, name) for name in module.__all__)
    assert module.__doc__


def test_all_of_the_package_is_said() -> None:
    offered = {name for name, value in vars(bittensor_auth).items() if not isinstance(value, ModuleType)}
    left_behind = {"annotations"}  # by `from __future__ import`
    assert {name for name in offered - left_behind if name[0] != "_"} | {"__version__"} == {*bittensor_auth.__all__}


@pytest.mark.parametrize("module", public_modules(), ids=lambda module: module.__name__)
def test_what_is_public_is_explained(module: ModuleType) -> None:
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, (str, int, Keypair)):
            continue
        assert inspect.getdoc(value), name
        for member in vars(value) if isinstance(value, type) else ():
            described = getattr(value, member)
            if member[0] != "_" and (callable(described) or isinstance(described, property)):
                assert inspect.getdoc(described), f"{name}.{member}"


def test_the_version_is_the_core_s() -> None:
    assert bittensor_auth.__version__ == _core.__version__
    assert bittensor_auth.__version__.count(".") == 2


def test_the_stub_says_what_the_core_says() -> None:
    """`stubtest` compares names and arguments, but not docstrings."""
    for item in ast.parse((PACKAGE / "_core.pyi").read_text()).body:
        if not isinstance(item, ast.ClassDef):
            continue
        made = getattr(_core, item.name)
        methods = [part for part in item.body if isinstance(part, ast.FunctionDef)]
        told = {item.name: (item, made)} | {part.name: (part, getattr(made, part.name)) for part in methods}
        for name, (part, known) in told.items():
            docstring = ast.get_docstring(part)
            assert docstring is None or docstring.split() == (inspect.getdoc(known) or "").split(), name


# Imports


def alone(program: str) -> str:
    """What a program prints in a fresh interpreter that has this package and no other."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / PACKAGE.name).symlink_to(PACKAGE)
        program = f"import os, sys; sys.path.insert(0, {folder!r})\n{program}\n"
        command = [sys.executable, "-I", "-S", "-c", program]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads."""
    return set(alone(f"before = {{*sys.modules}}; {statement}; print(*({{*sys.modules}} - before))").split())


def test_importing_the_package_loads_next_to_nothing() -> None:
    loaded = loaded_by("import bittensor_auth")
    own = {name for name in loaded if name.partition(".")[0] == "bittensor_auth"}
    assert "bittensor_auth._core" in own
    assert not own & {f"bittensor_auth.{name}" for name in PUBLIC}
    heavy = {"asyncio", "typing", "json", "re", "logging", "ssl", "inspect", "dataclasses", "enum", "tempfile"}
    assert not loaded & (heavy | {"fastapi", "starlette", "httpx", "requests", "aiohttp", "redis", "bittensor"})
    assert loaded - own <= {"__future__", "time"}


def test_signing_and_verifying_load_nothing_more() -> None:
    statement = (
        "import bittensor_auth as b; k = b.Keypair.generate('sr25519'); a = k.ss58_address; "
        "s = b.MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True); "
        "h = b.sign_request(k, 'GET', '/', receiver=a); "
        "assert b.Verifier(a, store=s).verify(h, method='GET', target='/').hotkey == a"
    )
    assert loaded_by(statement) == loaded_by("import bittensor_auth")


@pytest.mark.parametrize("extra", ["aiohttp", "fastapi", "httpx", "requests"])
def test_an_extra_that_is_missing_is_named(extra: str) -> None:
    told = alone(
        "import bittensor_auth as b\n"
        f"try: import bittensor_auth.{extra}\n"
        "except b.ConfigurationError as failure: print(failure.code, type(failure.__cause__).__name__, failure)"
    )
    assert told.startswith("invalid_configuration ModuleNotFoundError ")
    assert f'pip install "bittensor-auth[{extra}]"' in told


def test_redis_is_brought_by_the_user() -> None:
    assert not {"redis", "valkey", "hiredis"} & loaded_by("import bittensor_auth.redis")


# Errors


def test_the_tree_of_exceptions() -> None:
    leaves = {AuthenticationError, AuthorizationError, ClientError, ConfigurationError, StoreError}
    assert {*BittensorAuthError.__subclasses__()} == leaves == {*KINDS.values()}
    assert BittensorAuthError.__bases__ == (Exception,)
    assert not any(leaf.__subclasses__() for leaf in leaves)


@pytest.mark.parametrize("row", _core.error_registry(), ids=lambda row: row[0])
def test_every_code_is_an_exception(row: tuple[str, str, int, str, bool, str, str]) -> None:
    code, kind, http_status, retry, retryable, title, hint = row
    failure = error(code)
    assert type(failure) is KINDS[kind]
    assert (failure.code, failure.http_status, failure.retry, failure.retryable) == (
        code,
        http_status,
        retry,
        retryable,
    )
    assert (failure.title, failure.hint, str(failure)) == (title, hint, title)
    assert failure.retry_after == (1 if retry == "after" else None)


def test_the_table_has_every_code() -> None:
    assert {*ERRORS} == {row[0] for row in _core.error_registry()}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_exception_travels_between_processes(protocol: int) -> None:
    for failure in (
        error("stale_request", "too old", age=(11_000, 10_000, 2_000)),
        error("store_warming", retry_after=4),
        error("hotkey_denied"),
    ):
        again = pickle.loads(pickle.dumps(failure, protocol))
        assert type(again) is type(failure)
        assert (str(again), vars(again)) == (str(failure), vars(failure))


def test_an_exception_of_the_core_is_one_of_these() -> None:
    with pytest.raises(AuthenticationError, match="48 characters") as caught:
        Hotkey("no address")
    assert caught.value.code == "malformed_hotkey"


def test_a_code_that_does_not_exist_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        error("no_such_code")


# Values


@pytest.mark.parametrize("name", ["Caller", "Keypair", "Policy"])
def test_nobody_else_makes_one(name: str) -> None:
    with pytest.raises(TypeError):
        getattr(bittensor_auth, name)()
    with pytest.raises(TypeError):
        object.__new__(getattr(bittensor_auth, name))
    with pytest.raises(TypeError):
        type("Impostor", (getattr(bittensor_auth, name),), {})


def test_hotkeys_are_equal_by_their_bytes() -> None:
    bob = Hotkey("5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty")
    same = Hotkey.from_public_key(bob.public_key)
    assert (same, hash(same), str(same)) == (bob, hash(bob), bob.ss58_address)
    assert same != Hotkey.from_public_key(bytes(32))
    assert bob != bob.ss58_address
    with pytest.raises(AttributeError):
        bob.public_key = bytes(32)  # type: ignore[misc]
