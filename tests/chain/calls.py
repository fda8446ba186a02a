"""What reached the node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HANDSHAKE = "handshake"


@dataclass(frozen=True)
class Call:
    """One JSON-RPC call that reached the node, or one WebSocket handshake."""

    method: str
    params: list[Any]
    transport: str
    is_batch: bool = False

    @property
    def function(self) -> str | None:
        """The runtime function of a `state_call`."""
        named = self.params and isinstance(self.params[0], str) and self.method == "state_call"
        return self.params[0] if named else None

    @property
    def gives_scale(self) -> bool:
        """Whether the answer holds encoded bytes."""
        return self.method in ("state_call", "state_getStorage", "state_getStorageAt", "state_queryStorageAt")

    def is_called(self, name: str) -> bool:
        """Whether this is the name of the method, or of the runtime function."""
        return name in (self.method, self.function)

    @classmethod
    def of(cls, request: Any, transport: str, *, is_batch: bool = False) -> Call | None:
        """The call of a JSON-RPC request; `None` when it is none."""
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return None
        params = request.get("params", [])
        return cls(request["method"], params, transport, is_batch) if isinstance(params, list) else None
