"""What can go wrong between a node and whoever asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .calls import HANDSHAKE, Call

#: One byte more than a client has to take.
TOO_LONG = (8 << 20) + 1

#: How a call ends without an answer, or how late. All but `half` meet the WebSocket handshake too.
TRANSPORT: dict[str, dict[str, Any]] = {
    "close": {"code": 1008},
    "delay": {"seconds": 1.0},
    "drop": {},
    "half": {},
    "status": {"status": 429, "retry_after": None, "headers": {}, "body": ""},
}
#: What the answer says.
ANSWER: dict[str, dict[str, Any]] = {
    "appended": {"hex": "01"},
    "behind": {"blocks": 1},
    "error": {"code": -32_004, "message": None, "data": None},
    "genesis": {"hash": "0x" + "61" * 32},
    "no_batch": {},
    "oversized": {"bytes": TOO_LONG},
    "pruned": {},
    "result": {"value": None},
    "stuck": {"hash": None},
    "text": {"body": "<html>Bad gateway</html>"},
    "truncated": {"bytes": 5},
    "wrong_block": {},
    "wrong_id": {},
}
_MESSAGES = {
    -32_700: "Parse error",
    -32_601: "Method not found",
    -32_603: "Internal error",
    -32_004: "storage work rate limit exceeded",
    -32_005: "request limit exceeded",
}
#: Faults that are about one method, and the parameters that it needs for them.
_ONLY: dict[str, Callable[[Call], bool]] = {
    "appended": lambda call: call.gives_scale,
    "behind": lambda call: call.method == "chain_getFinalizedHead",
    "genesis": lambda call: call.method == "chain_getBlockHash" and call.params[:1] == [0],
    "no_batch": lambda call: call.is_batch,
    "pruned": lambda call: call.method.startswith("state_"),
    "stuck": lambda call: call.method == "chain_getFinalizedHead",
    "truncated": lambda call: call.gives_scale,
    "wrong_block": lambda call: call.method in ("chain_getHeader", "state_queryStorageAt"),
}


@dataclass
class Fault:
    """One fault: for which calls, and for how many."""

    kind: str
    #: A JSON-RPC method, a runtime function or `handshake`; `None` for all.
    method: str | None = None
    #: `http` or `ws`; `None` for both.
    transport: str | None = None
    #: How many calls it meets; `None` for all until it is healed.
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    met: int = 0

    def __post_init__(self) -> None:
        known = {**TRANSPORT, **ANSWER}
        if self.kind not in known:
            raise ValueError(f"kind: expected one of {', '.join(sorted(known))}")
        if self.transport not in (None, "http", "ws"):
            raise ValueError("transport: expected http or ws")
        unknown = self.options.keys() - known[self.kind].keys()
        if unknown:
            raise ValueError(f"{self.kind}: expected no option but {', '.join(known[self.kind]) or 'none'}")
        self.options = {**known[self.kind], **self.options}

    @property
    def ends_transport(self) -> bool:
        """Whether the caller gets no JSON-RPC answer."""
        return self.kind in ("close", "drop", "status")

    def meet(self, call: Call) -> bool:
        """Whether this call suffers from it; counts it if so."""
        if self.times is not None and self.met >= self.times:
            return False
        if self.transport not in (None, call.transport) or (self.method and not call.is_called(self.method)):
            return False
        if call.method == HANDSHAKE and self.kind not in ("close", "delay", "drop", "status"):
            return False
        if self.kind in _ONLY and not _ONLY[self.kind](call):
            return False
        self.met += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """What the control endpoint shows."""
        shown = {"kind": self.kind, "method": self.method, "transport": self.transport, "times": self.times}
        return {**shown, **self.options, "met": self.met}

    def change(self, call: Call, response: dict[str, Any]) -> dict[str, Any]:
        """The JSON-RPC response with this fault in it."""
        options = self.options
        if self.kind == "wrong_id":
            return {**response, "id": 1_000_000 + response["id"] if isinstance(response["id"], int) else "another"}
        if self.kind == "error":
            return _failed(response, options["code"], options["message"], options["data"])
        if self.kind == "no_batch":
            return _failed(response, -32_005, "Batched requests are not supported by this server", None)
        if self.kind == "pruned":
            block = next((param for param in reversed(call.params) if isinstance(param, str)), "0x")
            return _failed(response, 4_003, f"Client error: UnknownBlock: State already discarded for {block}", None)
        if "result" not in response:
            return response
        return {**response, "result": self._result(response["result"])}

    def _result(self, result: Any) -> Any:
        if self.kind == "genesis":
            return self.options["hash"]
        if self.kind in ("behind", "stuck"):
            return self.options["hash"]
        if self.kind == "result":
            return self.options["value"]
        if self.kind == "truncated":
            return _each_value(result, lambda value: value[: max(2, len(value) - 2 * self.options["bytes"])])
        if self.kind == "appended":
            return _each_value(result, lambda value: value + self.options["hex"])
        if self.kind == "wrong_block":
            return _of_another_block(result)
        return result

    def written(self, body: str) -> str:
        """The whole answer as text, with this fault in it."""
        if self.kind == "text":
            return str(self.options["body"])
        if self.kind == "oversized":
            return body.ljust(self.options["bytes"])
        return body


def _failed(response: Mapping[str, Any], code: int, message: str | None, data: Any) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message or _MESSAGES.get(code, "Server error")}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": response.get("id"), "error": error}


def _each_value(result: Any, change: Callable[[str], str]) -> Any:
    if isinstance(result, str):
        return change(result)
    if isinstance(result, list):
        sets = json.loads(json.dumps(result))
        for changed in sets:
            changed["changes"] = [[key, value and change(value)] for key, value in changed["changes"]]
        return sets
    return result


def _of_another_block(result: Any) -> Any:
    other = "0x" + "01" * 32
    if isinstance(result, list):
        return [{**answered, "block": other} for answered in result]
    return {**result, "parentHash": other} if isinstance(result, dict) else result
