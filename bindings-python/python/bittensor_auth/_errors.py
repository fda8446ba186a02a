"""The exceptions, and the one table that they come from (spec/06)."""

from __future__ import annotations

from . import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NamedTuple

    class Age(NamedTuple):
        """How far a signed time was from the accepted window, in milliseconds."""

        age_ms: int
        max_age_ms: int
        allowed_skew_ms: int


class BittensorAuthError(Exception):
    """A check that failed. `str()` of it says what was expected and never repeats what came in."""

    code: str
    """The stable code, as in `spec/errors.json`."""
    title: str
    """One line: what is wrong."""
    hint: str
    """One line: what to do about it."""
    http_status: int
    """The status of an HTTP answer with this code."""
    retry: str
    """`never`, `resign`, `after`, `refresh` or `login`: what cures it."""
    retryable: bool
    """Whether the request may be sent again after that."""
    retry_after: int | None
    """Seconds for `Retry-After`, or `None`."""
    age: tuple[int, int, int] | None
    """On `stale_request`: age, largest age and largest skew in milliseconds, as far as they are known."""
    _set_cookies: Sequence[str] = ()
    """What the HTTP answer does to the session cookies of the caller."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        age: tuple[int, int, int] | None = None,
        retry_after: int | None = None,
    ) -> None:
        self.code = code
        _, self.http_status, self.retry, self.retryable, self.title, self.hint = ERRORS[code]
        self.age = age
        self.retry_after = 1 if retry_after is None and self.retry == "after" else retry_after
        super().__init__(message or self.title)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.code, str(self), self.age, self.retry_after)


class AuthenticationError(BittensorAuthError):
    """Who is calling could not be established (400, 401, 413)."""


class AuthorizationError(BittensorAuthError):
    """The caller is known and not welcome (403)."""


class StoreError(BittensorAuthError):
    """A store cannot answer now (503 with `Retry-After`); the handler did not run."""


class ConfigurationError(BittensorAuthError):
    """The program is set up wrongly."""


class ClientError(BittensorAuthError):
    """This client refuses to go on: another origin, a foreign challenge, a broken signer, a session that is over."""


ERRORS: dict[str, tuple[str, int, str, bool, str, str]] = {row[0]: row[1:] for row in _core.error_registry()}
"""code → (kind, HTTP status, retry, retryable, title, hint)."""

_KINDS: dict[str, type[BittensorAuthError]] = {
    "authentication": AuthenticationError,
    "authorization": AuthorizationError,
    "client": ClientError,
    "configuration": ConfigurationError,
    "store": StoreError,
}


def error(
    code: str,
    message: str | None = None,
    *,
    age: tuple[int, int, int] | None = None,
    retry_after: int | None = None,
) -> BittensorAuthError:
    """The exception of the right class for a code."""
    return _KINDS[ERRORS[code][0]](code, message, age=age, retry_after=retry_after)


def from_core(code: str, message: str, age: tuple[int, int, int] | None, retry_after: int | None) -> BittensorAuthError:
    """Called by the compiled core for every error it raises."""
    return error(code, message, age=age, retry_after=retry_after)


_rebuild = from_core
