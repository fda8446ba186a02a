"""What every application here is told when it is started, and how it answers."""

from __future__ import annotations

import hashlib
import os
import warnings

warnings.filterwarnings("error", module=r"bittensor_auth(\.|$)")

RECEIVER = os.environ["RECEIVER"]
"""SS58 address of this service's hotkey; every process has its own."""
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def seen(scope: dict, body: bytes, hotkey: str, scheme: str) -> dict[str, object]:
    """What the application saw of a request that was let through."""
    query = scope["query_string"]
    return {
        "hotkey": hotkey,
        "scheme": scheme,
        "method": scope["method"],
        "target": (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1"),
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
