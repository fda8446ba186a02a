"""Our clients, all called in one way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
import httpx
import requests
import yarl

import bittensor_auth.aiohttp
import bittensor_auth.httpx
import bittensor_auth.requests
from bodies import Content, Fields

TIMEOUT = 30
NOTHING = Content("empty", b"")
Body = Content | Fields


@dataclass(frozen=True)
class Reply:
    status: int
    json: Any


class Place(Protocol):
    """Where requests go, and for whom they are signed."""

    url: str
    receiver: str


class Client(Protocol):
    family: str
    """Whose spelling of a target it sends."""

    def send(self, signer: Any, place: Place, method: str, target: str, body: Body = NOTHING, **settings: Any) -> Reply:
        """One signed request; `settings` are those of `HotkeyAuth`."""
        ...

    def close(self) -> None: ...


def auth(kind: Any, signer: Any, place: Place, settings: dict[str, Any]) -> Any:
    """A `HotkeyAuth` of one of our modules for one place."""
    return kind.HotkeyAuth(signer, **{"receiver": place.receiver, "origins": [place.url], **settings})


def json_of(answer: httpx.Response) -> Any:
    """What an answer says, unless a framework says it in its own way."""
    return answer.json() if "json" in answer.headers.get("content-type", "") else None


class Httpx:
    family = "httpx"

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)

    def send(self, signer: Any, place: Place, method: str, target: str, body: Body = NOTHING, **settings: Any) -> Reply:
        signing = auth(bittensor_auth.httpx, signer, place, settings)
        answer = self._client.request(method, place.url + target, auth=signing, **body.for_httpx())
        return Reply(answer.status_code, json_of(answer))

    def close(self) -> None:
        self._client.close()


class Requests:
    family = "requests"

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, signer: Any, place: Place, method: str, target: str, body: Body = NOTHING, **settings: Any) -> Reply:
        signing = auth(bittensor_auth.requests, signer, place, settings)
        url = place.url + target
        answer = self._session.request(method, url, auth=signing, timeout=TIMEOUT, **body.for_requests())
        return Reply(answer.status_code, answer.json())

    def close(self) -> None:
        self._session.close()


class HttpxAsync:
    family = "httpx"

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)

    def send(self, signer: Any, place: Place, method: str, target: str, body: Body = NOTHING, **settings: Any) -> Reply:
        signing = auth(bittensor_auth.httpx, signer, place, settings)
        request = self._client.request(method, place.url + target, auth=signing, **body.for_httpx_async())
        answer = self._loop.run_until_complete(request)
        return Reply(answer.status_code, json_of(answer))

    def close(self) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()


class Aiohttp:
    family = "aiohttp"

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._session = self._loop.run_until_complete(self._open())

    async def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT))

    def send(self, signer: Any, place: Place, method: str, target: str, body: Body = NOTHING, **settings: Any) -> Reply:
        signing = auth(bittensor_auth.aiohttp, signer, place, settings)
        return self._loop.run_until_complete(self._send(method, place.url + target, body.for_aiohttp(), signing))

    async def _send(self, method: str, url: str, arguments: dict[str, Any], signing: Any) -> Reply:
        async with self._session.request(method, yarl.URL(url), middlewares=(signing,), **arguments) as answer:
            return Reply(answer.status, await answer.json(content_type=None))

    def close(self) -> None:
        self._loop.run_until_complete(self._session.close())
        self._loop.close()


CLIENTS: dict[str, type[Client]] = {
    "httpx": Httpx,
    "httpx-async": HttpxAsync,
    "requests": Requests,
    "aiohttp": Aiohttp,
}
