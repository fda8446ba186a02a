"""JSON-RPC over a chain, without a transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .blocks import Block, Chain
from .recording import Recording

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, CLIENT_ERROR = -32_700, -32_600, -32_601, -32_602, 4_003


class RpcError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(chain: Chain, method: str, params: list[Any]) -> Any:
    """The result of a call."""
    if isinstance(chain, Recording):
        was_recorded, result = chain.recorded(method, params)
        if was_recorded:
            return result
    if method not in _METHODS:
        raise RpcError(METHOD_NOT_FOUND, "Method not found")
    try:
        return _METHODS[method](chain, *params)
    except (TypeError, ValueError, AttributeError) as error:
        raise RpcError(INVALID_PARAMS, "Invalid params") from error


def _block_hash(chain: Chain, number: int | None = None) -> str | None:
    return chain.head.hash if number is None else chain.numbered(number)


def _header(chain: Chain, block_hash: str | None = None) -> Any:
    block = chain.block(block_hash)
    return block and block.header


def _version(chain: Chain, block_hash: str | None = None) -> Any:
    return _known(chain, block_hash).version


def _call(chain: Chain, function: str, argument: str, block_hash: str | None = None) -> str:
    result = _known(chain, block_hash).call(function, _bytes(argument))
    if result is None:
        raise RpcError(CLIENT_ERROR, f"Client error: Execution failed: Other: Exported method {function} is not found")
    return "0x" + result.hex()


def _storage(chain: Chain, key: str, block_hash: str | None = None) -> str | None:
    value = _known(chain, block_hash).storage.get(_bytes(key))
    return None if value is None else "0x" + value.hex()


def _query_storage(chain: Chain, keys: list[str], block_hash: str | None = None) -> Any:
    block = _known(chain, block_hash)
    return [{"block": block.hash, "changes": [[key, _storage(chain, key, block.hash)] for key in keys]}]


def _known(chain: Chain, block_hash: str | None) -> Block:
    block = chain.block(block_hash)
    if block is None:
        text = f"Client error: UnknownBlock: Header was not found in the database: {block_hash}"
        raise RpcError(CLIENT_ERROR, text)
    return block


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


_METHODS: dict[str, Callable[..., Any]] = {
    "chain_getBlockHash": _block_hash,
    "chain_getFinalizedHead": lambda chain: chain.head.hash,
    "chain_getHead": lambda chain: chain.head.hash,
    "chain_getHeader": _header,
    "state_call": _call,
    "state_getRuntimeVersion": _version,
    "state_getStorage": _storage,
    "state_getStorageAt": _storage,
    "state_queryStorageAt": _query_storage,
    "system_chain": lambda chain: "Bittensor",
}
