"""Which hotkey is calling, and may it? Signed requests (`btauth/1`) and sessions for Bittensor APIs.

Servers start at `bittensor_auth.fastapi` or `bittensor_auth.asgi`, clients at `bittensor_auth.httpx`, `.requests` or
`.aiohttp`. This module holds what they share; importing it loads nothing beyond the compiled core.
"""

from __future__ import annotations

from ._core import (
    RAO,
    Caller,
    Decision,
    Hotkey,
    Keypair,
    Neuron,
    Policy,
    Snapshot,
    SnapshotDiff,
    SubnetView,
    __version__,
)
from ._errors import (
    AuthenticationError,
    AuthorizationError,
    BittensorAuthError,
    ClientError,
    ConfigurationError,
    StoreError,
)
from ._memory import MemoryStore
from ._signing import RequestSigner, sign_request
from ._verifier import Verifier
from ._wallet import load_hotkey

__all__ = [
    "RAO",
    "AuthenticationError",
    "AuthorizationError",
    "BittensorAuthError",
    "Caller",
    "ClientError",
    "ConfigurationError",
    "Decision",
    "Hotkey",
    "Keypair",
    "MemoryStore",
    "Neuron",
    "Policy",
    "RequestSigner",
    "Snapshot",
    "SnapshotDiff",
    "StoreError",
    "SubnetView",
    "Verifier",
    "__version__",
    "load_hotkey",
    "sign_request",
]
