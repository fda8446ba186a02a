"""What a refusal looks like on the wire (spec/06): the same for every input."""

from __future__ import annotations

import json

from bittensor_auth import _core

REGISTRY = {row[0]: row for row in _core.error_registry()}
"""code → (code, kind, status, retry word, retryable, title, hint)."""
_MEMBERS = {"type", "title", "status", "code", "detail", "hint", "retry", "server_time_ms", "request_id"}
_TIMING = {"age_ms", "max_age_ms", "allowed_skew_ms"}


def check_refusal(status: int, headers: dict[bytes, bytes], body: bytes) -> str:
    """The code; fails the test when anything about the answer is not as promised."""
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"cache-control"] == b"no-store"
    assert int(headers[b"content-length"]) == len(body)
    problem = json.loads(body)
    assert _MEMBERS <= set(problem) <= _MEMBERS | _TIMING
    code = str(problem["code"])
    _, kind, registered, retry, _, title, hint = REGISTRY[code]
    assert kind in ("authentication", "authorization", "store")
    assert status == problem["status"] == registered
    assert (problem["title"], problem["hint"], problem["retry"]) == (title, hint, retry)
    assert problem["type"] == f"urn:bittensor-auth:error:{code}"
    assert headers[b"x-request-id"].decode() == problem["request_id"]
    assert (b"www-authenticate" in headers) == (status == 401)
    assert (b"retry-after" in headers) == (status == 503)
    return code
