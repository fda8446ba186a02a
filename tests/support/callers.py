"""Honest callers: a hotkey that signs requests for one receiver, and logs in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from time import time_ns

from bittensor_auth import Keypair, RequestSigner

from .raw_http import request

SECOND = 1_000_000_000


class Caller:
    """A hotkey that calls one service."""

    def __init__(self, receiver: str, keypair: Keypair | None = None, *, clock: Callable[[], int] = time_ns) -> None:
        self.keypair = keypair or Keypair.generate("sr25519")
        self._signer = RequestSigner(self.keypair, receiver, clock=clock)
        self._clock = clock
        self._count = count()

    @property
    def address(self) -> str:
        return self.keypair.ss58_address

    def headers(
        self,
        method: str = "POST",
        target: str = "/score",
        body: bytes = b"",
        *,
        ahead: float = 0.0,
        at_ns: int | None = None,
    ) -> dict[str, str]:
        """Headers of one attempt, signed `ahead` seconds from now, or at exactly `at_ns`."""
        # Some nanoseconds more each time, so that no two attempts share a nonce under a clock that stands still.
        soon = self._clock() + round(ahead * SECOND) + next(self._count)
        return self._signer.sign(method, target, body, nonce_ns=soon if at_ns is None else at_ns)

    def request(self, method: str = "POST", target: str = "/score", body: bytes = b"", *, ahead: float = 0.0) -> bytes:
        """The bytes of one attempt."""
        return request(method, target, self.headers(method, target, body, ahead=ahead), body)

    def login_fields(self, challenge: dict[str, str], *, wrapped: bool = False) -> dict[str, str]:
        """What a login posts for a challenge: the signature of its text, plain or as wallets wrap it."""
        text = challenge["challenge"].encode()
        signature = self.keypair.sign(b"<Bytes>" + text + b"</Bytes>" if wrapped else text)
        return {"hotkey": self.address, "sealed": challenge["sealed"], "signature": "0x" + signature.hex()}
