"""What a store offers to whoever authenticates."""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Store(Protocol):
        """A place that remembers accepted requests and live sessions: `MemoryStore` or `RedisStore`."""

        def open(self, context: Context, /) -> BoundStore: ...

    class BoundStore(Protocol):
        """A store in use by one service. No method raises for a store that fails: the answer says it."""

        async def start(self) -> None:
            """Raises `ConfigurationError` when this store cannot rule out replays in this deployment."""

        async def claim(self, claim: _core.Claim, /) -> _core.Outcome: ...
        async def create(self, sessions: _core.Sessions, login: _core.Login, /) -> _core.Outcome: ...
        async def read(self, sessions: _core.Sessions, presented: _core.Presented, /) -> _core.Read: ...
        async def rotate(self, sessions: _core.Sessions, presented: _core.PresentedRefresh, /) -> _core.Rotated: ...
        async def end(self, sessions: _core.Sessions, presented: _core.Presented, /) -> None:
            """Raises `store_unavailable` when it could not be done."""

        async def revoke(self, sessions: _core.Sessions, hotkey: _core.Hotkey, /) -> None:
            """Raises `store_unavailable` when it could not be done."""


class Context:
    """What a store needs to know of the service that uses it."""

    __slots__ = ("clock", "verifier")

    def __init__(self, verifier: _core.Verifier, clock: Callable[[], int]) -> None:
        self.verifier = verifier
        self.clock = clock
