"""The clients of the matrix, all called in one way: signed requests, and a session from login to logout."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import aiohttp
import httpx
import requests

import bittensor_auth.httpx
from bodies import Content
from clients import Aiohttp, Client, Httpx, Reply, Requests, json_of
from keys import OUR_ALICE, SDK_ALICE
from programs import Program
from sdk_client import TIMEOUT, GuideAuth
from servers import SITE, Server
from targets import BARE_QUESTION_MARK, Target

SCHEME = "sr25519"
HTTP = httpx.Client(timeout=TIMEOUT, trust_env=False)


@dataclass(frozen=True)
class Answer:
    """`wire` is the target that the client put on the request line."""

    status: int
    json: Any
    wire: str


@dataclass(frozen=True)
class Login:
    """The first answer to the session's token."""

    status: int
    json: Any
    token: str


class Caller(Protocol):
    """A client with Alice's key."""

    def send(
        self, server: Server, method: str, target: Target, body: bytes | None = None, *, receiver: str | None = None
    ) -> Answer:
        """A signed request, for this server unless another receiver is named."""
        ...

    def log_in(self, server: Server) -> Login:
        """A session, and a request with it."""
        ...

    def log_out(self, server: Server, token: str) -> None: ...

    def close(self) -> None: ...


class Python:
    """One of our Python clients; what it sends to session routes goes through the library below it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(
        self, server: Server, method: str, target: Target, body: bytes | None = None, *, receiver: str | None = None
    ) -> Answer:
        place = SimpleNamespace(url=server.url, receiver=receiver or server.receiver)
        content = Content("body", body or b"")
        reply = self._client.send(OUR_ALICE[SCHEME], place, method, target.given, content)
        # Ours never send an empty query: servers differ in whether they show it.
        family = "requests" if target is BARE_QUESTION_MARK else self._client.family
        return Answer(reply.status, reply.json, target.on_the_wire(family))

    def log_in(self, server: Server) -> Login:
        return _log_in(self.plain, server, OUR_ALICE[SCHEME])

    def log_out(self, server: Server, token: str) -> None:
        assert self.plain("POST", f"{server.url}/auth/logout", None, token).status in (200, 204)

    def plain(self, method: str, url: str, fields: Any, token: str | None) -> Reply:
        """A request that is not signed."""
        raise NotImplementedError

    def close(self) -> None:
        self._client.close()


class HttpxCaller(Python):
    """`SessionClient` logs in by itself."""

    def __init__(self) -> None:
        super().__init__(Httpx())

    def log_in(self, server: Server) -> Login:
        signer = OUR_ALICE[SCHEME]
        with bittensor_auth.httpx.SessionClient(
            server.url, signer, login_origin=SITE, timeout=TIMEOUT, trust_env=False
        ) as client:
            answer = client.get("/echo/session")
            token = answer.request.headers["authorization"].removeprefix("Bearer ")
            return Login(answer.status_code, answer.json(), token)

    def plain(self, method: str, url: str, fields: Any, token: str | None) -> Reply:
        return plain(method, url, fields, token)


class RequestsCaller(Python):
    def __init__(self) -> None:
        super().__init__(Requests())

    def plain(self, method: str, url: str, fields: Any, token: str | None) -> Reply:
        answer = requests.request(method, url, json=fields, headers=_bearer(token), timeout=TIMEOUT)
        return Reply(answer.status_code, answer.json() if answer.content else None)


class AiohttpCaller(Python):
    def __init__(self) -> None:
        super().__init__(Aiohttp())

    def plain(self, method: str, url: str, fields: Any, token: str | None) -> Reply:
        async def send() -> Reply:
            async with (
                aiohttp.ClientSession() as session,
                session.request(method, url, json=fields, headers=_bearer(token)) as answer,
            ):
                return Reply(answer.status, await answer.json(content_type=None) if await answer.read() else None)

        return asyncio.run(send())


class Sdk:
    """The SDK and httpx, as its guide puts them together."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)

    def send(
        self, server: Server, method: str, target: Target, body: bytes | None = None, *, receiver: str | None = None
    ) -> Answer:
        auth = GuideAuth(SDK_ALICE[SCHEME], receiver or server.receiver)
        answer = self._client.request(method, server.url + target.given, content=body, auth=auth)
        return Answer(answer.status_code, json_of(answer), target.on_the_wire("httpx"))

    def log_in(self, server: Server) -> Login:
        return _log_in(plain, server, SDK_ALICE[SCHEME])

    def log_out(self, server: Server, token: str) -> None:
        assert plain("POST", f"{server.url}/auth/logout", None, token).status in (200, 204)

    def close(self) -> None:
        self._client.close()


class Foreign:
    """A program in another language."""

    def __init__(self, name: str) -> None:
        self._program = Program(name, SCHEME)

    def send(
        self, server: Server, method: str, target: Target, body: bytes | None = None, *, receiver: str | None = None
    ) -> Answer:
        return Answer(**self._program.send(server, method, target.given, body, receiver=receiver))

    def log_in(self, server: Server) -> Login:
        return Login(**{"token": "", **self._program.log_in(server)})

    def log_out(self, server: Server, token: str) -> None:
        assert self._program.log_out(server, token)["status"] in (200, 204)

    def close(self) -> None:
        self._program.close()


CALLERS: dict[str, Any] = {
    "Python httpx": HttpxCaller,
    "Python requests": RequestsCaller,
    "Python aiohttp": AiohttpCaller,
    "Node fetch": lambda: Foreign("node"),
    "Chromium, WASM": lambda: Foreign("browser"),
    "Rust reqwest": lambda: Foreign("rust"),
    "bittensor 11.3.0": Sdk,
}


def whoami(server: Server, token: str) -> Reply:
    return plain("GET", f"{server.url}/auth/session", None, token)


def refresh(server: Server, token: str) -> Reply:
    return plain("POST", f"{server.url}/auth/refresh", {"refresh_token": token}, None)


def _log_in(send: Any, server: Server, keypair: Any) -> Login:
    grant = log_in_by_hand(send, server, server, keypair)
    used = send("GET", f"{server.url}/echo/session", None, grant["session_token"])
    return Login(used.status, used.json, grant["session_token"])


def log_in_by_hand(send: Any, asked: Server, answering: Server, keypair: Any, scheme: str = SCHEME) -> dict[str, Any]:
    """What `answering` grants for a challenge of `asked`."""
    hotkey = keypair.ss58_address
    challenge = send("POST", f"{asked.url}/auth/challenge", {"hotkey": hotkey}, None).json
    signature = keypair.sign(challenge["challenge"].encode())
    login = {
        "hotkey": hotkey,
        "sealed": challenge["sealed"],
        "signature": f"0x{bytes(signature).hex()}",
        "scheme": scheme,
    }
    grant = send("POST", f"{answering.url}/auth/session", login, None)
    assert grant.status == 200, grant
    return dict(grant.json)


def plain(method: str, url: str, fields: Any, token: str | None) -> Reply:
    """A request that is not signed, by httpx."""
    answer = HTTP.request(method, url, json=fields, headers=_bearer(token))
    return Reply(answer.status_code, json_of(answer))


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
