"""A chain endpoint for tests: recordings and invented subnets over JSON-RPC, with faults. See the README beside it."""

from .blocks import BLOCK_MS, GENESIS, Block, Chain, Runtime
from .calls import Call
from .faults import Fault
from .recording import FINNEY, FOLDER, Recording
from .replay_node import ReplayNode
from .storage_keys import ZERO_ACCOUNT, account
from .subnet import RAO, Row, Subnet, invented_key

__all__ = [
    "BLOCK_MS",
    "FINNEY",
    "FOLDER",
    "GENESIS",
    "RAO",
    "ZERO_ACCOUNT",
    "Block",
    "Call",
    "Chain",
    "Fault",
    "Recording",
    "ReplayNode",
    "Row",
    "Runtime",
    "Subnet",
    "account",
    "invented_key",
]
