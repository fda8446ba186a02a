"""What all clients share, whatever library sends: whom they sign for, and what an answer means. No I/O.

`.httpx`, `.requests` and `.aiohttp` move the bytes.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from email.utils import parsedate_to_datetime
from time import time_ns
from typing import Any, NamedTuple

from . import _core
from ._errors import ERRORS, BittensorAuthError, error
from ._problem import PROBLEM_TYPE
from ._signers import Identity
from ._signing import RequestSigner

HEADER_NAMES: list[str] = _core.HEADER_NAMES
"""The headers of a signed request. Each attempt replaces all of them."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses that the HTTP libraries follow."""
MAX_ANSWER = 64 * 1024
"""Largest body, in bytes, of an answer that a client reads on its own account."""

_PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", re.ASCII | re.IGNORECASE)
_CODE = re.compile(r"[a-z0-9_.]{1,64}")
_DIGITS = re.compile(r"[0-9]{1,6}")
_ENCODINGS = frozenset({"deflate", "gzip", "identity"})  # at most a thousandfold; others have no such bound
_LATEST_MS = 1 << 44  # the year 2527; in nanoseconds it still fits 64 bits
# `Date` has whole seconds, and an answer takes its time: what is closer than this is no wrong clock.
_DATE_TOLERANCE_MS = 2_000


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """`scheme://host`, and `:port` unless it is the scheme's own. `host`: as on the wire, IPv6 with or without `[]`."""
    scheme, host = scheme.lower(), host.lower().removeprefix("[").removesuffix("]")
    if ":" in host:
        try:
            host = f"[{ipaddress.IPv6Address(host).compressed}]"
        except ValueError:
            host = f"[{host}]"
    return f"{scheme}://{host}" if port in (None, _PORTS.get(scheme)) else f"{scheme}://{host}:{port}"


def read_origin(text: str) -> str:
    """The origin that an operator wrote. Raises `invalid_configuration` for anything that is more or less than one."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        message = "expected an origin: scheme, host and perhaps port, without a path, as in https://api.example.org"
        raise error("invalid_configuration", message)
    scheme, host, port = match.groups()
    return origin_of(scheme, host, int(port) if port else None)


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object in a body of at most 64 KiB, or `None`."""
    if len(body) > MAX_ANSWER:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def whole_number(value: object, below: int) -> int | None:
    """`value` if it is an integer from 1 to `below`."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < below else None


def server_time_of(fields: Mapping[str, Any]) -> int | None:
    """`server_time_ms`, if it is a time."""
    return whole_number(fields.get("server_time_ms"), _LATEST_MS)


class Problem(NamedTuple):
    """What a client takes from a problem body (spec/06 §1)."""

    code: str
    retry: str
    """What cures it: the registry's word, or the server's own for a code that is not in the registry."""
    server_time_ms: int | None
    retry_after: int | None
    """Seconds."""

    def failure(self) -> BittensorAuthError | None:
        """The exception of a code that servers answer with; `None` for every other code."""
        if self.code in ERRORS and ERRORS[self.code][0] in ("authentication", "authorization", "store"):
            return error(self.code, retry_after=self.retry_after)
        return None


def read_problem(headers: Mapping[str, str], body: bytes) -> Problem | None:
    """The problem in an answer, or `None` when there is none that can be read."""
    fields = read_object(body) if _media_type(headers) == PROBLEM_TYPE else None
    code = fields.get("code") if fields else None
    if fields is None or not isinstance(code, str) or not _CODE.fullmatch(code):
        return None
    retry = ERRORS[code][2] if code in ERRORS else fields.get("retry")
    word = retry if isinstance(retry, str) else "never"
    return Problem(code, word, server_time_of(fields), retry_after_of(headers))


def retry_after_of(headers: Mapping[str, str]) -> int | None:
    """`Retry-After` in seconds, if it is written so."""
    value = headers.get("Retry-After", "")
    return int(value) if _DIGITS.fullmatch(value) else None


def is_readable(headers: Mapping[str, str]) -> bool:
    """Whether a problem body is announced that is small, and stays so when it is decompressed."""
    length = headers.get("Content-Length", "")
    small = bool(_DIGITS.fullmatch(length)) and int(length) <= MAX_ANSWER
    known = headers.get("Content-Encoding", "identity").strip().lower() in _ENCODINGS
    return small and known and _media_type(headers) == PROBLEM_TYPE


def is_redirect(status: int, headers: Mapping[str, str]) -> bool:
    """Whether an HTTP library would follow this answer."""
    return status in REDIRECTS and "Location" in headers


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _date_ms(headers: Mapping[str, str]) -> int | None:
    """The middle of the second that `Date` names, in Unix milliseconds."""
    try:
        return whole_number(int(parsedate_to_datetime(headers.get("Date", "")).timestamp()) * 1_000 + 500, _LATEST_MS)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


class ServerClock:
    """The time on a server's clock in Unix ns: ours, corrected by what its answers said."""

    __slots__ = ("_clock", "_offset")

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._offset = _core.ClockOffset.none()

    def __call__(self) -> int:
        return self._offset.apply(self._clock())

    def correct(self, server_time_ms: int) -> None:
        """Raises `stale_request` when that is more than 15 minutes off."""
        self._offset = _core.ClockOffset.between(server_time_ms, self._clock())


class Destination:
    """One origin that requests are signed for: its receiver and its clock."""

    __slots__ = ("_clock", "_correct_clock", "_key", "_receiver", "signer")

    def __init__(self, key: Any, receiver: str, clock: Callable[[], int], *, correct_clock: bool) -> None:
        self._key = key
        self._receiver = receiver
        self._clock = ServerClock(clock)
        self._correct_clock = correct_clock
        self.signer = RequestSigner(key, receiver, clock=self._clock)

    def wants_body(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether `should_resign` needs the body of this answer. It is small then."""
        return self._correct_clock and status == 401 and is_readable(headers)

    def should_resign(self, status: int, headers: Mapping[str, str], body: bytes | None) -> bool:
        """Whether the answer says that our clock is wrong. It is corrected then: sign once more, and send once more.

        `body`: of an answer that `wants_body`, otherwise `None`, and then `Date` has to do. Raises `stale_request` when
        the server says that the clocks differ by more than 15 minutes.
        """
        if not self._correct_clock or status != 401:
            return False
        problem = None if body is None else read_problem(headers, body)
        if problem is None:
            return self._correct_by_date(headers)
        server_time_ms = problem.server_time_ms or _date_ms(headers)
        if problem.retry != "resign" or server_time_ms is None:
            return False
        self._correct(server_time_ms)
        return True

    def _correct_by_date(self, headers: Mapping[str, str]) -> bool:
        """The answer may mean anything: only a clock that is wrong enough to explain it is worth a second attempt."""
        date_ms = _date_ms(headers)
        if date_ms is None or abs(date_ms - self._clock() // 1_000_000) <= _DATE_TOLERANCE_MS:
            return False
        try:
            self._correct(date_ms)
        except BittensorAuthError:
            return False
        return True

    def _correct(self, server_time_ms: int) -> None:
        self._clock.correct(server_time_ms)
        # Nonces only rise. If our clock was ahead they have to start anew, or they stay ahead until time catches up.
        self.signer = RequestSigner(self._key, self._receiver, clock=self._clock)


class Destinations:
    """The origins that one signer signs for.

    `receiver`: SS58 address of the service's hotkey, or a mapping from origin to address. `origins`: as in
    `https://api.example.org`; left out, they are the keys of the mapping.
    """

    __slots__ = ("_by_origin",)

    def __init__(
        self,
        signer: Any,
        *,
        receiver: str | Mapping[str, str],
        origins: Iterable[str] | None = None,
        correct_clock: bool = True,
        clock: Callable[[], int] = time_ns,
    ) -> None:
        key = Identity(signer).signer
        receivers = {} if isinstance(receiver, str) else {read_origin(at): to for at, to in receiver.items()}
        listed = list(receivers) if origins is None else [origins] if isinstance(origins, str) else origins
        self._by_origin: dict[str, Destination] = {}
        for origin in map(read_origin, listed):
            to = receiver if isinstance(receiver, str) else receivers.get(origin)
            if to is None:
                raise error("invalid_configuration", "receiver: expected one for each of the origins")
            self._by_origin[origin] = Destination(key, to, clock, correct_clock=correct_clock)
        if not self._by_origin:
            raise error("invalid_configuration", "origins: expected at least one, as in https://api.example.org")

    def at(self, origin: str) -> Destination:
        """Raises `signing_refused` for an origin that is not listed."""
        destination = self._by_origin.get(origin)
        if destination is None:
            raise error("signing_refused")
        return destination
