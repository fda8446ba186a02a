"""Verifying requests by hand. The adapters in `.fastapi` and `.asgi` do it by themselves."""

from __future__ import annotations

from time import time_ns

from . import _core
from ._errors import error
from ._memory import MemoryStore
from ._store import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from ._store import Store


def core_verifier(
    receiver: str | Sequence[str],
    *,
    max_age: float | None = None,
    allowed_skew: float | None = None,
    body_budget: float | None = None,
    schemes: Sequence[str] | None = None,
    namespace: str | None = None,
    body_limit: int | None = None,
    dangerous_accept_unbound: bool = False,
) -> _core.Verifier:
    """The settings that every verifier takes, as the core wants them."""
    return _core.Verifier(
        [receiver] if isinstance(receiver, str) else list(receiver),
        max_age=max_age,
        allowed_skew=allowed_skew,
        body_budget=body_budget,
        schemes=None if schemes is None else list(schemes),
        namespace=namespace,
        body_limit=body_limit,
        unbound="dangerous" if dangerous_accept_unbound else "refused",
    )


class Verifier:
    """Decides who signed a request. Built once, with the store that remembers what was accepted.

    `receiver`: SS58 address of this service's hotkey, or several while it moves. Defaults are the format's: 10 s back,
    2 s ahead, sr25519, bodies to 1 MiB. `policy`: who is welcome; any hotkey that proves itself unless you say more.
    """

    def __init__(
        self,
        receiver: str | Sequence[str],
        *,
        store: Store,
        policy: _core.Policy | None = None,
        max_age: float | None = None,
        allowed_skew: float | None = None,
        body_budget: float | None = None,
        schemes: Sequence[str] | None = None,
        namespace: str | None = None,
        body_limit: int | None = None,
        dangerous_accept_unbound: bool = False,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        self._core = core_verifier(
            receiver,
            max_age=max_age,
            allowed_skew=allowed_skew,
            body_budget=body_budget,
            schemes=schemes,
            namespace=namespace,
            body_limit=body_limit,
            dangerous_accept_unbound=dangerous_accept_unbound,
        )
        self._policy = policy or _core.Policy.any_hotkey()
        if self._policy.needs[0] or self._policy.needs[1]:
            raise error(
                "invalid_configuration", "policy: expected one that asks for no registry; HotkeyAuth takes others"
            )
        self._memory = store.core if isinstance(store, MemoryStore) else None
        self._store: Any = store.open(Context(self._core, clock))
        self._clock = clock
        self._started = False

    def verify(
        self,
        headers: Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]],
        *,
        method: str,
        target: str | bytes,
        body: bytes = b"",
    ) -> _core.Caller:
        """The caller, or a `BittensorAuthError`. Needs `MemoryStore`; with another store use `verify_async`.

        `headers`: pairs (so that doubled headers are noticed) or a mapping. `target`: path and query as received.
        """
        if self._memory is None:
            raise error("invalid_configuration", "this store is asynchronous: expected `await verify_async(…)`")
        if not self._started:
            self._store.check_single_process()
            self._started = True
        pending = self._verified(headers, method, target, body)
        return pending.settle_in_memory(self._policy, self._memory, self._clock())

    async def verify_async(
        self,
        headers: Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]],
        *,
        method: str,
        target: str | bytes,
        body: bytes = b"",
    ) -> _core.Caller:
        """The same with any store."""
        if not self._started:
            await self._store.start()
            self._started = True
        pending = self._verified(headers, method, target, body)
        outcome = await self._store.claim(pending.claim(self._policy, self._clock()))
        return pending.settle(outcome, self._clock())

    def _verified(
        self,
        headers: Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]],
        method: str,
        target: str | bytes,
        body: bytes,
    ) -> _core.Pending:
        pairs = headers.items() if hasattr(headers, "items") else headers
        head = self._core.check_head(pairs, self._clock())
        head.update(body)
        raw = target.encode() if isinstance(target, str) else target
        return head.verify(method, b"", raw, b"")
