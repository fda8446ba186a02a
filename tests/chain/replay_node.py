"""A chain endpoint on 127.0.0.1: JSON-RPC over HTTP POST and WebSocket on one port, and faults."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Any

from .blocks import Block, Chain
from .calls import HANDSHAKE, Call
from .faults import Fault
from .rpc import INVALID_REQUEST, RpcError, answer
from .server import Server
from .subnet import Subnet


class ReplayNode:
    """Serves a chain; use it as a context manager. All methods may be called from any thread while it serves."""

    def __init__(self, chain: Chain | None = None, *, port: int = 0) -> None:
        self.chain = chain or Chain(Subnet.invented())
        self._lock = threading.RLock()
        self._calls: list[Call] = []
        self._faults: dict[int, Fault] = {}
        self._last_fault = 0
        self._server = Server(self, port)

    def __enter__(self) -> ReplayNode:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listens, after :meth:`stop` on the same port as before."""
        self._server.start()

    def stop(self) -> None:
        """Ends every connection and listens no longer. The chain, the faults and the counts stay."""
        self._server.stop()

    def close_connections(self) -> None:
        """Ends every connection at once, without a close frame, and goes on listening."""
        self._server.close_connections()

    @property
    def port(self) -> int:
        """Where it listens, once it was started."""
        return self._server.port

    @property
    def url(self) -> str:
        """For HTTP POST."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """For WebSocket."""
        return f"ws://127.0.0.1:{self.port}"

    # The chain

    def change(self, kind: str, **facts: Any) -> Block:
        """One thing happens to the subnet, in a block of its own: see :class:`Subnet` for kinds and facts."""
        with self._lock:
            return self.chain.change(kind, **facts)

    def put(self, subnet: Subnet | None) -> Block:
        """In the next block the subnet is this one; `None` for no subnet."""
        with self._lock:
            return self.chain.put(subnet)

    def advance(self, blocks: int = 1, *, time_ms: int | None = None) -> Block:
        """Blocks in which nothing happens. Their time is now unless it is named."""
        with self._lock:
            return self.chain.advance(blocks, time_ms)

    def upgrade(
        self, spec_version: int, *, changed: dict[str, str] | None = None, removed: list[str] | None = None
    ) -> Block:
        """Another runtime. Layouts are the known ones unless entries are changed or removed."""
        with self._lock:
            return self.chain.upgrade(self.chain.head.runtime.upgraded(spec_version, changed, removed))

    # Faults

    def fail(
        self,
        kind: str,
        *,
        method: str | None = None,
        transport: str | None = None,
        times: int | None = None,
        **options: Any,
    ) -> int:
        """Adds a fault and gives its number. Several meet a call in the order in which they were added."""
        with self._lock:
            fault = Fault(kind, method, transport, times, options)
            if kind == "stuck" and fault.options["hash"] is None:
                fault.options["hash"] = self.chain.head.hash
            self._last_fault += 1
            self._faults[self._last_fault] = fault
            return self._last_fault

    def heal(self, number: int | None = None) -> None:
        """Takes one fault away, or all."""
        with self._lock:
            if number is None:
                self._faults.clear()
            elif self._faults.pop(number, None) is None:
                raise ValueError("a fault: expected the number of one that is there")

    @property
    def faults(self) -> dict[int, Fault]:
        """The faults by number; each counts the calls that it met."""
        with self._lock:
            return dict(self._faults)

    # Counts

    @property
    def calls(self) -> list[Call]:
        """Every call since the start or :meth:`forget_calls`, faulty ones too, without handshakes."""
        with self._lock:
            return [call for call in self._calls if call.method != HANDSHAKE]

    @property
    def counts(self) -> Counter[str]:
        """How many calls of each method; those of `state_call` also by the name of the runtime function."""
        return Counter(name for call in self.calls for name in (call.method, call.function) if name)

    @property
    def handshakes(self) -> int:
        """How many WebSocket connections were asked for."""
        with self._lock:
            return sum(call.method == HANDSHAKE for call in self._calls)

    def forget_calls(self) -> None:
        """Counts from zero again."""
        with self._lock:
            self._calls.clear()

    # For the server

    def meet(self, call: Call) -> list[Fault]:
        """Counts a call and gives what goes wrong with it."""
        with self._lock:
            self._calls.append(call)
            return [fault for fault in self._faults.values() if fault.meet(call)]

    def respond(self, request: Any, call: Call | None, faults: list[Fault]) -> dict[str, Any]:
        """The JSON-RPC response to one request."""
        identity = request.get("id") if isinstance(request, dict) else None
        response: dict[str, Any] = {"jsonrpc": "2.0", "id": identity}
        if call is None:
            return {**response, "error": {"code": INVALID_REQUEST, "message": "Invalid Request"}}
        with self._lock:
            try:
                response["result"] = answer(self.chain, call.method, call.params)
            except RpcError as error:
                response["error"] = {"code": error.code, "message": str(error)}
            for fault in faults:
                if fault.kind == "behind":
                    fault.options["hash"] = self._behind(fault.options["blocks"])
                response = fault.change(call, response)
        return response

    def _behind(self, blocks: int) -> str:
        known = self.chain.blocks
        return known[max(0, len(known) - 1 - blocks)].hash
