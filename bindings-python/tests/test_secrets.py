"""No secret leaves through repr, formatting, copies, pickles, logs, errors or tracebacks."""

from __future__ import annotations

import copy
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from secrets_in_use import ORIGIN, SECRET, SEED, SERVICE, World, expanded, leaks, spellings, write_hotkey

from bittensor_auth import BittensorAuthError, Keypair, MemoryStore, RequestSigner, _core
from bittensor_auth.asgi import HotkeyAuth

HOLDERS = [
    "Keypair",
    "Keypair ed25519",
    "Keypair of a wallet",
    "Identity",
    "RequestSigner",
    "asgi.HotkeyAuth",
    "fastapi.HotkeyAuth",
    "Sessions",
    "Login",
    "Presented",
    "PresentedRefresh",
    "Read",
    "Rotated",
    "MemoryStore",
    "core MemoryStore",
    "httpx.HotkeyAuth",
    "requests.HotkeyAuth",
    "aiohttp.HotkeyAuth",
    "httpx.SessionClient",
    "httpx.AsyncSessionClient",
    "httpx.SessionAuth",
    "client session",
    "client grant",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("wallets"))


@pytest.fixture
def holder(world: World, request: pytest.FixtureRequest) -> Any:
    return dict(world.holders())[request.param]()


def formats(value: object) -> str:
    """A value in every way in which Python writes it down."""
    texts = [repr(value), str(value), ascii(value), f"{value}", f"{value!r:>200}", f"{[value]}"]
    texts += ["%s %r" % (value, value), pprint.pformat(value), pprint.pformat({"key": (value,)})]  # noqa: UP031
    return "\n".join(texts)


every_holder = pytest.mark.parametrize("holder", HOLDERS, indirect=True)


@every_holder
def test_it_is_formatted_without_its_secret(world: World, holder: object) -> None:
    assert not leaks(formats(holder), *world.secrets)


@every_holder
def test_its_attributes_are_formatted_without_its_secret(world: World, holder: object) -> None:
    assert not leaks(formats(getattr(holder, "__dict__", None)), *world.secrets)


@every_holder
def test_it_is_logged_without_its_secret(world: World, holder: object, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("bittensor_auth.test").debug("%s %r", holder, holder, extra={"holder": holder})
    assert caplog.records
    assert not leaks(caplog.text, *world.secrets)


@every_holder
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_does_not_travel_in_a_pickle(world: World, holder: object, protocol: int) -> None:
    try:
        pickled = pickle.dumps(holder, protocol)
    except (TypeError, AttributeError, pickle.PicklingError) as refused:
        text = str(refused)
    else:
        # The two oldest protocols write down the name of any class. Nothing can be made of it.
        text = pickled.decode("latin-1")
        with pytest.raises(TypeError):
            pickle.loads(pickled)
    assert not leaks(text, *world.secrets)


@every_holder
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_of_it_is_refused_or_shows_as_little(
    world: World, holder: object, duplicate: Callable[[object], object]
) -> None:
    try:
        text = formats(duplicate(holder))
    except TypeError as refused:
        text = str(refused)
    assert not leaks(text, *world.secrets)


@pytest.mark.parametrize("scheme", ["sr25519", "ed25519"])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_a_key_pair_cannot_be_duplicated(scheme: str, duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        duplicate(Keypair.from_seed(SEED, scheme))


def test_the_list_of_holders_is_whole(world: World) -> None:
    assert [name for name, _ in world.holders()] == HOLDERS


# Errors


def keyfile(content: dict[str, object] | bytes, mode: int = 0o600) -> Callable[[World], object]:
    """Loads a hotkey file that holds this."""

    def load(world: World) -> object:
        write_hotkey(world.folder, content, mode)
        return _core.load_hotkey(world.folder, "wallet", "hotkey")

    return load


def service(**settings: Any) -> HotkeyAuth:
    """A service of these settings."""
    store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
    return HotkeyAuth(**{"receiver": SERVICE, "store": store, "origin": ORIGIN, "secret": SECRET, **settings})


def spoiled(token: str) -> str:
    """The token with its last character changed."""
    return token[:-1] + ("A" if token[-1] != "A" else "B")


SEED_HEX = f"0x{SEED.hex()}"
FAILURES: dict[str, tuple[str, Callable[[World], object]]] = {
    "seed of another length": ("invalid_configuration", lambda _: Keypair.from_seed(SEED + SEED[:1], "sr25519")),
    "seed as an address": ("malformed_hotkey", lambda _: _core.Hotkey(SEED.hex())),
    "seed as a scheme": ("unknown_scheme", lambda _: Keypair.from_seed(SEED, SEED.hex())),
    "seed as a signature": ("malformed_signature", lambda w: _core.Hotkey(SERVICE).verify(b"", SEED, "sr25519")),
    "short secret": ("invalid_configuration", lambda _: service(secret=SECRET[:31])),
    "three secrets": ("invalid_configuration", lambda _: service(secret=[SECRET] * 3)),
    "secret as an origin": ("invalid_configuration", lambda _: service(origin=SECRET.hex())),
    "secret as a namespace": ("invalid_configuration", lambda _: service(namespace=SECRET.hex())),
    "keyfile that is no JSON": ("keyfile_malformed", keyfile(f'{{"secretSeed": "{SEED_HEX}"'.encode())),
    "keyfile with a seed that is no hex": ("keyfile_malformed", keyfile({"secretSeed": f"{SEED_HEX}zz"})),
    "keyfile with a seed of another type": ("keyfile_malformed", keyfile({"secretSeed": [*SEED]})),
    "keyfile with words that are none": ("keyfile_malformed", keyfile({"secretPhrase": SEED.hex(" ")})),
    "keyfile of another address": ("keyfile_mismatch", keyfile({"secretSeed": SEED_HEX, "ss58Address": SERVICE})),
    "keyfile of everybody": ("keyfile_permissions", keyfile({"secretSeed": SEED_HEX}, 0o644)),
    "keyfile that is encrypted": ("keyfile_encrypted", keyfile(b"$NACL" + SEED)),
    "seed as a wallet": ("invalid_configuration", lambda w: _core.load_hotkey(w.folder, f"../{SEED.hex()}", "x")),
    "session token that is spoiled": ("invalid_token", lambda w: w.call("me", b"", spoiled(w.grant["session_token"]))),
    "refresh token as a session token": ("invalid_token", lambda w: w.call("me", b"", w.grant["refresh_token"])),
    "token that is too long": ("header_too_long", lambda w: w.call("me", b"", w.grant["session_token"] * 9)),
    "refresh token that is spoiled": (
        "invalid_token",
        lambda w: w.post("refresh", refresh_token=spoiled(w.grant["refresh_token"])),
    ),
    "refresh token in a body that is none": (
        "malformed_body",
        lambda w: w.call("refresh", f'{{"refresh_token": "{w.grant["refresh_token"]}'.encode()),
    ),
    "refresh token in a wrong field": ("malformed_body", lambda w: w.post("refresh", token=w.grant["refresh_token"])),
    "login that is used up": (
        "challenge_used",
        lambda w: w.post("session", hotkey=w.keypair.ss58_address, sealed=w.sealed, signature=w.signature),
    ),
    "answer with a token that is none": (
        "login_required",
        lambda w: vars(w.client.auth)["_session"].granted(
            {**w.client_grants[-1], "refresh_token": w.grant["refresh_token"] + " "}
        ),
    ),
    "target that is none": (
        "malformed_target",
        lambda w: RequestSigner(w.keypair, SERVICE).sign("GET", w.grant["session_token"]),
    ),
    "other origin": ("signing_refused", lambda w: w.client.get("https://evil.example")),
}


@pytest.mark.parametrize("name", FAILURES)
def test_an_error_is_told_without_a_secret(world: World, name: str, caplog: pytest.LogCaptureFixture) -> None:
    code, fail = FAILURES[name]
    with caplog.at_level(logging.DEBUG), pytest.raises(BittensorAuthError) as caught:
        fail(world)
    failure = caught.value
    assert failure.code == code
    texts = [formats(failure), repr(failure.args), caplog.text, repr(pickle.loads(pickle.dumps(failure)))]
    texts += traceback.format_exception(failure)
    assert not leaks("\n".join(texts), *world.secrets)
    assert not leaks(pickle.dumps(failure).decode("latin-1"), *world.secrets)


@pytest.mark.parametrize(
    "name", ["session token that is spoiled", "login that is used up", "target that is none", "other origin"]
)
def test_a_traceback_with_locals_shows_nothing_that_is_kept(world: World, name: str) -> None:
    """What a caller passes in stands in the frames that it passes through. Keys, secrets and sessions do not."""
    _, fail = FAILURES[name]
    with pytest.raises(BittensorAuthError) as caught:
        fail(world)
    frame = caught.tb
    while frame.tb_next is not None and Path(frame.tb_frame.f_code.co_filename).parent == Path(__file__).parent:
        frame = frame.tb_next
    told = "".join(traceback.TracebackException(type(caught.value), caught.value, frame, capture_locals=True).format())
    assert "self = <" in told
    assert not leaks(told, SEED, expanded(SEED), SECRET)


def test_a_leak_would_be_found() -> None:
    """Of the search itself: each way of writing a run of the seed down is found."""
    run = SEED[5:11]
    for text in (run.hex(), repr(run), str([*run]), run.decode("latin-1"), run.hex(":").upper().lower()):
        assert leaks(f"… {text} …", SEED), text
    assert leaks(repr({"secret": SECRET}), SECRET)
    assert not leaks(str([*range(256)]) + SERVICE, SEED, SECRET)
    assert len(spellings(SEED)) > 200
