"""Errors as HTTP answers: RFC 9457 problem details (spec/06 §3)."""

from __future__ import annotations

import json
import os
import re

from ._errors import BittensorAuthError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PROBLEM_TYPE = "application/problem+json"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class Problem:
    """Status, headers and body of the answer to a request that was refused."""

    __slots__ = ("_cookies", "body", "headers", "status")

    def __init__(self, failure: BittensorAuthError, *, realm: str, now_ns: int, request_id: str) -> None:
        self.status = failure.http_status
        self.body = describe(failure, now_ns=now_ns, request_id=request_id)
        self.headers = {"cache-control": "no-store", "x-request-id": request_id}
        if self.status == 401:
            self.headers["www-authenticate"] = f'Bittensor realm="{realm}", error="{failure.code}"'
        self._cookies = failure._set_cookies
        if failure.retry_after is not None:
            self.headers["retry-after"] = str(failure.retry_after)

    def encode(self) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, raw headers and bytes of the body."""
        body = json.dumps(self.body, separators=(",", ":")).encode()
        headers = {"content-type": PROBLEM_TYPE, "content-length": str(len(body)), **self.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        return self.status, [*raw, *set_cookie_headers(self._cookies)], body


def set_cookie_headers(cookies: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """One `Set-Cookie` header for each."""
    return [(b"set-cookie", cookie.encode()) for cookie in cookies]


def describe(failure: BittensorAuthError, *, now_ns: int, request_id: str) -> dict[str, object]:
    """The members of the problem body."""
    body: dict[str, object] = {
        "type": f"urn:bittensor-auth:error:{failure.code}",
        "title": failure.title,
        "status": failure.http_status,
        "code": failure.code,
        "detail": str(failure),
        "hint": failure.hint,
        "retry": failure.retry,
        "server_time_ms": now_ns // 1_000_000,
        "request_id": request_id,
    }
    if failure.age is not None:
        body["age_ms"], body["max_age_ms"], body["allowed_skew_ms"] = failure.age
    return body


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's `X-Request-Id` if it is well formed, otherwise a new one."""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode()
    return os.urandom(12).hex()
