"""Everything in Python that holds a secret, each in use, and all ways in which a secret could be spelled."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx

import bittensor_auth.aiohttp
import bittensor_auth.fastapi
import bittensor_auth.httpx
import bittensor_auth.requests
from bittensor_auth import Keypair, MemoryStore, RequestSigner, _core
from bittensor_auth._signers import Identity
from bittensor_auth.asgi import HotkeyAuth

ORIGIN = "https://dash.example.org"
SERVICE = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
SEED = hashlib.sha256(b"a seed that is nowhere else").digest()
SECRET = hashlib.sha256(b"a server's secret that is nowhere else").digest()
WINDOW = 6
"""So many bytes in a row are a leak."""


def expanded(seed: bytes) -> bytes:
    """The secret scalar of sr25519 and its nonce: what schnorrkel itself would print."""
    wide = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(bytes([wide[0] & 0xF8]) + wide[1:31] + bytes([wide[31] & 0x3F | 0x40]), "little") // 8
    return scalar.to_bytes(32, "little") + wide[32:]


@cache
def spellings(secret: bytes) -> frozenset[str]:
    """Every run of `WINDOW` bytes, as Python, JSON, hex dumps and base64 write it."""
    found: set[str] = set()
    for start in range(len(secret) - WINDOW + 1):
        run = secret[start : start + WINDOW]
        found |= {run.hex(), run.hex().upper(), run.hex(" "), run.hex(":"), repr(run)[2:-1], run.decode("latin-1")}
        found |= {", ".join(map(str, run)), ",".join(map(str, run)), ", ".join(map(hex, run))}
        found |= {base64.b64encode(run).decode(), base64.urlsafe_b64encode(run).decode()}
    return frozenset(found)


def leaks(text: str, *secrets: bytes) -> list[str]:
    """The spellings of the secrets that stand in a text."""
    return [spelling for secret in secrets for spelling in spellings(secret) if spelling in text]


class World:
    """One service and one client of it, with a session between them."""

    def __init__(self, folder: Path) -> None:
        self.keypair = Keypair.from_seed(SEED, "sr25519")
        self.store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
        self.auth = HotkeyAuth(SERVICE, store=self.store, origin=ORIGIN, secret=SECRET)
        self.folder = folder
        challenge = self.post("challenge", hotkey=self.keypair.ss58_address)
        self.sealed: str = challenge["sealed"]
        self.signature = self.keypair.sign(challenge["challenge"].encode()).hex()
        address = self.keypair.ss58_address
        self.grant = self.post("session", hotkey=address, sealed=self.sealed, signature=self.signature)
        self.client = bittensor_auth.httpx.SessionClient(
            ORIGIN, self.keypair, transport=httpx.MockTransport(lambda request: self._answer(request))
        )
        self.client_grants: list[dict[str, str]] = []
        self.client.login()

    def post(self, route: str, **fields: str) -> dict[str, Any]:
        """What a session route answers."""
        return self.call(route, json.dumps(fields).encode())

    def call(self, route: str, body: bytes, token: str | None = None) -> dict[str, Any]:
        """The same with any body and bearer token."""
        handlers = {
            "challenge": self.auth.challenge,
            "logout": self.auth.log_out,
            "me": self.auth.whoami,
            "refresh": self.auth.refresh,
            "session": self.auth.log_in,
        }
        headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
        return asyncio.run(handlers[route](headers, body))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = self.call(request.url.path.rpartition("/")[2], request.content)
        if "session_token" in answer:
            self.client_grants.append(answer)
        return httpx.Response(200, json=answer)

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """Keys, the server's secret, and of each token what is behind the public hotkey in it."""
        grants = [self.grant, *self.client_grants]
        tokens = [grant[name] for grant in grants for name in ("session_token", "refresh_token")]
        raw = [base64.urlsafe_b64decode(token.partition("_")[2])[33:] for token in tokens]
        texts = [token.partition("_")[2][48:].encode() for token in tokens]
        return (SEED, expanded(SEED), SECRET, *raw, *texts)

    def holders(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Name and maker of every object that holds one of them."""
        keypair, sessions, now = self.keypair, self.auth.sessions, self.auth.clock()
        presented = sessions.present(self.grant["session_token"], now)
        refresh = sessions.present_refresh(self.grant["refresh_token"], now)
        origins: dict[str, Any] = {"receiver": SERVICE, "origins": [ORIGIN]}
        yield "Keypair", lambda: keypair
        yield "Keypair ed25519", lambda: Keypair.from_seed(SEED, "ed25519")
        yield "Keypair of a wallet", lambda: wallet_keypair(self.folder)
        yield "Identity", lambda: Identity(keypair)
        yield "RequestSigner", lambda: RequestSigner(keypair, SERVICE)
        yield "asgi.HotkeyAuth", lambda: self.auth
        yield "fastapi.HotkeyAuth", lambda: fastapi_auth(self.store)
        yield "Sessions", lambda: sessions
        yield "Login", lambda: self.login()
        yield "Presented", lambda: presented
        yield "PresentedRefresh", lambda: refresh
        yield "Read", lambda: self.store.core.read(presented, now)
        yield "Rotated", lambda: self.store.core.rotate(refresh, sessions, now)
        yield "MemoryStore", lambda: self.store
        yield "core MemoryStore", lambda: self.store.core
        yield "httpx.HotkeyAuth", lambda: bittensor_auth.httpx.HotkeyAuth(keypair, **origins)
        yield "requests.HotkeyAuth", lambda: bittensor_auth.requests.HotkeyAuth(keypair, **origins)
        yield "aiohttp.HotkeyAuth", lambda: bittensor_auth.aiohttp.HotkeyAuth(keypair, **origins)
        yield "httpx.SessionClient", lambda: self.client
        yield "httpx.AsyncSessionClient", lambda: self.async_client()
        yield "httpx.SessionAuth", lambda: self.client.auth
        yield "client session", lambda: vars(self.client.auth)["_session"]
        yield "client grant", lambda: vars(self.client.auth)["_session"]._grant

    def login(self) -> _core.Login:
        """A login whose tokens were not made yet."""
        sessions, now = self.auth.sessions, self.auth.clock()
        address = self.keypair.ss58_address
        return sessions.login(address, None, self.sealed, self.signature, now)

    def async_client(self) -> bittensor_auth.httpx.AsyncSessionClient:
        """One that lives on a refresh token from elsewhere."""
        return bittensor_auth.httpx.AsyncSessionClient(ORIGIN, refresh_token=self.grant["refresh_token"])


def fastapi_auth(store: MemoryStore) -> bittensor_auth.fastapi.HotkeyAuth:
    """The adapter with two secrets, as while they change."""
    other = hashlib.sha256(b"the next one").digest()
    return bittensor_auth.fastapi.HotkeyAuth(SERVICE, store=store, origin=ORIGIN, secret=[other, SECRET])


def write_hotkey(folder: Path, content: dict[str, object] | bytes, mode: int = 0o600) -> None:
    """A hotkey file `wallet/hotkey` below `folder`."""
    path = folder / "wallet/hotkeys/hotkey"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    path.chmod(mode)


def wallet_keypair(folder: Path) -> Keypair:
    """The key pair of the seed, read from a wallet."""
    write_hotkey(
        folder, {"secretSeed": f"0x{SEED.hex()}", "ss58Address": Keypair.from_seed(SEED, "sr25519").ss58_address}
    )
    return _core.load_hotkey(folder, "wallet", "hotkey")
