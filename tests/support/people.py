"""People with sessions, through the route functions that every adapter calls."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

from bittensor_auth import BittensorAuthError, Keypair
from bittensor_auth.asgi import HotkeyAuth

from .callers import Caller


class Person:
    """A hotkey that logs in to one service."""

    def __init__(self, auth: HotkeyAuth, receiver: str, keypair: Keypair | None = None) -> None:
        self.auth = auth
        self.caller = Caller(receiver, keypair)

    @property
    def address(self) -> str:
        return self.caller.address

    async def challenge(self) -> dict[str, Any]:
        return await self.auth.challenge((), json.dumps({"hotkey": self.address}).encode())

    async def log_in(self, challenge: dict[str, Any] | None = None) -> dict[str, Any]:
        """A grant, for a new challenge or the one given."""
        fields = self.caller.login_fields(challenge or await self.challenge())
        return await self.auth.log_in((), json.dumps(fields).encode())


async def refresh(auth: HotkeyAuth, grant: dict[str, Any]) -> dict[str, Any]:
    return await auth.refresh((), json.dumps({"refresh_token": grant["refresh_token"]}).encode())


async def whoami(auth: HotkeyAuth, grant: dict[str, Any]) -> dict[str, Any]:
    return await auth.whoami(bearer(grant), b"")


async def log_out(auth: HotkeyAuth, grant: dict[str, Any]) -> dict[str, Any]:
    return await auth.log_out(bearer(grant), b"")


def bearer(grant: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", b"Bearer " + grant["session_token"].encode())]


async def code_of(answer: Awaitable[object]) -> str:
    """The code with which it was refused; `"ok"` if it was not."""
    try:
        await answer
    except BittensorAuthError as refused:
        return refused.code
    return "ok"
