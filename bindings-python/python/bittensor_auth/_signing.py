"""Signing requests by hand. The clients in `.httpx`, `.requests` and `.aiohttp` do it by themselves."""

from __future__ import annotations

from time import time_ns

from . import _core
from ._errors import error
from ._signers import Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class RequestSigner:
    """Makes `btauth/1` headers from one hotkey to one receiver. Thread-safe; owns its nonces.

    `signer`: a `Keypair`, a key pair or wallet of a chain library, or the text `wallet/hotkey`.
    `receiver`: SS58 address of the service's hotkey. `dangerous_unbound=True` signs for nobody in particular: whoever
    receives such a request can pass it on.
    """

    __slots__ = ("_clock", "_core", "_offset", "_receiver", "identity")

    def __init__(
        self,
        signer: Any,
        receiver: str | None = None,
        *,
        dangerous_unbound: bool = False,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        if (receiver is None) is not dangerous_unbound:
            raise error("invalid_configuration", "receiver: expected the SS58 address of the service's hotkey")
        self.identity = Identity(signer)
        self._receiver = receiver
        self._core = self._with_new_nonces()
        self._clock = clock
        self._offset: _core.ClockOffset | None = None

    @property
    def hotkey(self) -> str:
        """The SS58 address that signs."""
        return self.identity.address

    def sign(self, method: str, target: str, body: bytes = b"", *, nonce_ns: int | None = None) -> dict[str, str]:
        """Headers for one attempt. `target`: path and query exactly as on the request line. Retries sign again."""
        if self.identity.keypair is not None:
            return dict(self._core.sign(self.identity.keypair, method, target, body, self._now(), nonce_ns))
        unsigned = self._core.prepare(method, target, body, self._now(), nonce_ns)
        signature = self.identity.sign(unsigned.message)
        if hasattr(signature, "__await__"):
            signature.close() if hasattr(signature, "close") else None
            raise error("signer_failed", "this signer is asynchronous: expected `await sign_async(…)`")
        return dict(self.identity.finish(unsigned, signature))

    async def sign_async(
        self, method: str, target: str, body: bytes = b"", *, nonce_ns: int | None = None
    ) -> dict[str, str]:
        """The same for signers whose `sign` may be a coroutine."""
        if self.identity.keypair is not None:
            return self.sign(method, target, body, nonce_ns=nonce_ns)
        unsigned = self._core.prepare(method, target, body, self._now(), nonce_ns)
        signature = self.identity.sign(unsigned.message)
        if hasattr(signature, "__await__"):
            signature = await signature
        return dict(self.identity.finish(unsigned, signature))

    def correct_clock(self, server_time_ms: int) -> None:
        """Signs from now on by the server's clock. Raises `stale_request` when that is more than 15 minutes off."""
        self._offset = _core.ClockOffset.between(server_time_ms, self._clock())
        # Nonces only rise, so those of a clock that was ahead would stay ahead.
        self._core = self._with_new_nonces()

    def _with_new_nonces(self) -> _core.RequestSigner:
        return _core.RequestSigner(self.identity.scheme, self.identity.address, self._receiver)

    def _now(self) -> int:
        now = self._clock()
        return now if self._offset is None else self._offset.apply(now)


def sign_request(
    signer: Any, method: str, target: str, body: bytes = b"", *, receiver: str, nonce_ns: int | None = None
) -> dict[str, str]:
    """Headers for one request: `RequestSigner(signer, receiver).sign(method, target, body)`."""
    return RequestSigner(signer, receiver).sign(method, target, body, nonce_ns=nonce_ns)
