"""One way to ask over both transports, and a node that is new for each test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from . import ReplayNode


class Cut(Exception):
    """The connection ended without a whole answer; with the code of the close frame if there was one."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class Client:
    """Asks over `http` or `ws`, a new connection for each message."""

    def __init__(self, node: ReplayNode, transport: str) -> None:
        self.node, self.transport = node, transport

    def send(self, text: str, *, seconds: float = 5.0) -> str:
        """The answer as it came."""
        return asyncio.run(asyncio.wait_for(self._exchange(text), seconds))

    def response(self, method: str, *params: Any, seconds: float = 5.0) -> dict[str, Any]:
        """The JSON-RPC response to one call."""
        request = {"jsonrpc": "2.0", "id": 5, "method": method, "params": list(params)}
        response: dict[str, Any] = json.loads(self.send(json.dumps(request), seconds=seconds))
        assert response["jsonrpc"] == "2.0"
        return response

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one call."""
        response = self.response(method, *params)
        assert "error" not in response, response
        return response["result"]

    def error(self, method: str, *params: Any) -> dict[str, Any]:
        """The error that one call gets."""
        response = self.response(method, *params)
        assert "result" not in response
        error: dict[str, Any] = response["error"]
        return error

    async def _exchange(self, text: str) -> str:
        async with aiohttp.ClientSession() as session:
            try:
                if self.transport == "http":
                    async with session.post(self.node.url, data=text) as response:
                        response.raise_for_status()
                        return await response.text()
                async with session.ws_connect(self.node.ws_url, max_msg_size=64 << 20) as socket:
                    await socket.send_str(text)
                    message = await socket.receive()
            except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                raise Cut from error
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Cut(message.data if message.type is aiohttp.WSMsgType.CLOSE else None)
        return str(message.data)


@pytest.fixture
def node() -> Iterator[ReplayNode]:
    with ReplayNode() as serving:
        yield serving


@pytest.fixture(params=["http", "ws"])
def client(node: ReplayNode, request: pytest.FixtureRequest) -> Client:
    return Client(node, request.param)
