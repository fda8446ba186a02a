"""Callers that have nothing but the SDK: its `sign`, and the httpx recipe of its guide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
from bittensor import http_auth

from keys import SDK_ALICE
from servers import Server

TIMEOUT = 30


class GuideAuth(httpx.Auth):
    """Signs what httpx is about to send, with the target that httpx calls raw."""

    requires_request_body = True

    def __init__(self, wallet: Any, receiver: str) -> None:
        self._wallet = wallet
        self._receiver = receiver

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:
        signed = http_auth.sign(
            self._wallet,
            method=request.method,
            path=request.url.raw_path.decode(),
            body=request.content,
            receiver_ss58=self._receiver,
        )
        request.headers.update(signed)
        yield request


def sign(server: Server, method: str, target: str, body: bytes = b"", **changes: Any) -> dict[str, str]:
    """Headers by `http_auth.sign` for a server; `changes`: `wallet`, `receiver_ss58`, `nonce_ns`."""
    wallet = changes.pop("wallet", SDK_ALICE["sr25519"])
    return http_auth.sign(
        wallet, method=method, path=target, body=body, **{"receiver_ss58": server.receiver, **changes}
    )
