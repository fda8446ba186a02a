# The compiled module, as pyo3 exposes it. `stubtest` holds this file to it; `tests/test_stub.py` the docstrings.

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Final, Literal, NoReturn, TypeAlias, final

__all__ = [
    "HEADER_NAMES",
    "REFRESH_COOKIE",
    "REFRESH_PREFIX",
    "SESSION_COOKIE",
    "SESSION_PREFIX",
    "Caller",
    "Claim",
    "ClockOffset",
    "Head",
    "Hotkey",
    "Keypair",
    "Login",
    "MemoryStore",
    "Outcome",
    "Pending",
    "Policy",
    "Presented",
    "PresentedRefresh",
    "Read",
    "RefreshSchedule",
    "RequestSigner",
    "Rotated",
    "Sessions",
    "TokenTransport",
    "Unsigned",
    "Verifier",
    "__version__",
    "check_login_text",
    "check_redis_info",
    "claim_call",
    "claim_outcomes",
    "claim_ready_at",
    "error_registry",
    "is_signed",
    "load_hotkey",
    "script_sources",
    "signing_target",
    "verify_login",
    "warm_up_calls",
]

__version__: Final[str]
HEADER_NAMES: Final[list[str]]
REFRESH_COOKIE: Final[str]
REFRESH_PREFIX: Final[str]
SESSION_COOKIE: Final[str]
SESSION_PREFIX: Final[str]

_Scheme: TypeAlias = Literal["ed25519", "sr25519"]
_Pairs: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]
_Headers: TypeAlias = list[tuple[str, str]]
_Call: TypeAlias = tuple[str, list[str], list[str]]
_Grant: TypeAlias = tuple[str, int, str, int, str]
_Step: TypeAlias = tuple[Literal["wait"], int] | tuple[Literal["log_in", "refresh"], None]

# Keys

@final
class Hotkey:
    """A caller's identity: the 32-byte public key. SS58 text is only a spelling of it (spec/01 §1).

    `Hotkey("5F…")` reads a canonical SS58 address (prefix 42, 48 characters) and raises `malformed_hotkey` for every
    other spelling.
    """

    def __new__(cls, address: str) -> Hotkey: ...
    @staticmethod
    def from_public_key(public_key: bytes) -> Hotkey:
        """The hotkey with this 32-byte public key."""

    @property
    def ss58_address(self) -> str:
        """The canonical SS58 address."""

    @property
    def public_key(self) -> bytes:
        """The 32-byte public key."""

    def verify(self, message: bytes, signature: bytes, scheme: str) -> None:
        """Raises `bad_signature` (or `weak_key`) unless `signature` (64 bytes) is this hotkey's over exactly
        `message`."""

    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Keypair:
    """A secret key held by this process. Zeroized when freed; cannot be pickled, copied or printed."""

    @staticmethod
    def from_seed(seed: bytes, scheme: str) -> Keypair:
        """The key pair of a 32-byte seed, expanded the Substrate way for sr25519."""

    @staticmethod
    def generate(scheme: str) -> Keypair:
        """A new random key pair."""

    @property
    def ss58_address(self) -> str:
        """The canonical SS58 address."""

    @property
    def public_key(self) -> bytes:
        """The 32-byte public key."""

    @property
    def scheme(self) -> _Scheme:
        """`"sr25519"` or `"ed25519"`."""

    @property
    def crypto_type(self) -> int:
        """1 for sr25519, 0 for ed25519: what chain libraries look at."""

    def sign(self, message: bytes) -> bytes:
        """Signs exactly these bytes and returns 64: no hash, no wrapper."""

    def __reduce__(self) -> NoReturn: ...

def load_hotkey(root: str | PathLike[str], wallet: str, hotkey: str) -> Keypair: ...

# Signed requests, the server's side

@final
class Caller:
    """Which hotkey is calling."""

    @property
    def hotkey(self) -> str:
        """The caller's canonical SS58 address (prefix 42)."""

    @property
    def public_key(self) -> bytes:
        """The caller's 32-byte public key. Key all state by this."""

    @property
    def scheme(self) -> _Scheme:
        """`"sr25519"` or `"ed25519"`."""

    @property
    def via(self) -> Literal["session", "signature"]:
        """How the hotkey was proved: `"signature"` over this request, or `"session"`."""

    @property
    def signed_at_ns(self) -> int | None:
        """When this request was signed, in Unix nanoseconds; `None` for a session."""

    @property
    def session_id(self) -> str | None:
        """The first eight hex digits of the session's name, for logs; `None` for a signed request."""

    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Policy:
    """Which hotkeys are welcome once they proved themselves."""

    @staticmethod
    def any_hotkey() -> Policy:
        """Welcomes every hotkey that proved itself."""

    @staticmethod
    def hotkeys(addresses: Sequence[str]) -> Policy:
        """Welcomes these SS58 addresses only."""

    def deny(self, addresses: Sequence[str]) -> Policy:
        """The same policy, which refuses these SS58 addresses whatever else holds."""

@final
class Verifier:
    def __new__(
        cls,
        receivers: Sequence[str],
        *,
        max_age: float | None,
        allowed_skew: float | None,
        body_budget: float | None,
        schemes: Sequence[str] | None,
        namespace: str | None,
        body_limit: int | None,
        unbound: Literal["dangerous", "refused"],
    ) -> Verifier: ...
    @property
    def namespace(self) -> str: ...
    @property
    def claimable_seconds(self) -> float: ...
    def check_head(self, headers: _Pairs, now: int) -> Head: ...

@final
class Head:
    def update(self, piece: bytes) -> None: ...
    def verify(self, method: str, prefix: bytes, raw_path: bytes, query: bytes) -> Pending: ...

@final
class Pending:
    def claim(self, policy: Policy, now: int) -> Claim: ...
    def settle(self, outcome: Outcome, now: int) -> Caller: ...
    def settle_in_memory(self, policy: Policy, store: MemoryStore, now: int) -> Caller: ...

def is_signed(headers: _Pairs) -> bool: ...

# Signed requests, the client's side

@final
class RequestSigner:
    def __new__(cls, scheme: str, sender: str, receiver: str | None) -> RequestSigner: ...
    def prepare(self, method: str, target: str, body: bytes, now: int, nonce: int | None = None) -> Unsigned: ...
    def sign(
        self, keypair: Keypair, method: str, target: str, body: bytes, now: int, nonce: int | None = None
    ) -> _Headers: ...

@final
class Unsigned:
    @property
    def message(self) -> bytes: ...
    def finish(self, scheme: str, signature: bytes) -> _Headers: ...
    def finish_checked(self, scheme: str, signature: bytes) -> _Headers: ...

@final
class ClockOffset:
    @staticmethod
    def none() -> ClockOffset: ...
    @staticmethod
    def between(server_ms: int, now: int) -> ClockOffset: ...
    def apply(self, now: int) -> int: ...

def signing_target(target: str) -> str: ...

# Sessions

@final
class Sessions:
    def __new__(
        cls,
        verifier: Verifier,
        *,
        origin: str,
        secrets: Sequence[bytes],
        statement: str | None,
        network: tuple[str, str] | None,
        challenge: float | None,
        access: float | None,
        idle: float | None,
        absolute: float | None,
        grace: float | None,
    ) -> Sessions: ...
    def challenge(self, hotkey: str, form: str | None, now: int) -> tuple[str, str, int]: ...
    def login(
        self, policy: Policy, hotkey: str, scheme: str | None, sealed: str, signature: str, now: int
    ) -> Login: ...
    def present(self, token: str, now: int) -> Presented: ...
    def present_refresh(self, token: str, now: int) -> PresentedRefresh: ...
    def keys(self, presented: Presented) -> tuple[str, str]: ...
    def generation_key(self, hotkey: Hotkey) -> str: ...
    def login_call(self, login: Login, now: int) -> _Call: ...
    def created(self, login: Login, outcome: Outcome, now: int) -> _Grant: ...
    def rotate_call(self, presented: PresentedRefresh, now: int) -> _Call: ...
    def rotated(self, presented: PresentedRefresh, rotated: Rotated) -> _Grant: ...

@final
class Login:
    @staticmethod
    def outcome(reply: Sequence[int]) -> Outcome: ...

@final
class Presented:
    @property
    def expires_at(self) -> int: ...
    def resume(self, read: Read, policy: Policy, now: int) -> Caller: ...

@final
class PresentedRefresh:
    def check(self, policy: Policy) -> None: ...

@final
class Read:
    @staticmethod
    def found(record: str | None, generation: str | None) -> Read: ...
    @staticmethod
    def unavailable() -> Read: ...

@final
class Rotated:
    @staticmethod
    def reply(code: int, record: str) -> Rotated: ...
    @staticmethod
    def unavailable() -> Rotated: ...

@final
class TokenTransport:
    def __new__(
        cls, *, origin: str, allowed_origins: Sequence[str], cookies: Literal["enabled", "refused"]
    ) -> TokenTransport: ...
    def check_route(self, headers: _Pairs) -> None: ...
    def delivery(self, tokens: str | None, headers: _Pairs) -> Literal["body", "cookie"]: ...
    def session_token(self, method: str, headers: _Pairs) -> tuple[Literal["bearer", "cookie"], str]: ...
    def refresh_token(self, headers: _Pairs) -> str: ...
    @staticmethod
    def cookies(
        session_token: str, expires_at: int, refresh_token: str, refresh_expires_at: int, now: int
    ) -> list[str]: ...
    @staticmethod
    def cleared_cookies() -> list[str]: ...
    @staticmethod
    def cookies_after(code: str) -> list[str]: ...

@final
class RefreshSchedule:
    def __new__(
        cls, issued_at: int, expires_at: int, refresh_expires_at: int, *, jitter: int | None = None
    ) -> RefreshSchedule: ...
    def next(self, now: int) -> _Step: ...
    def is_usable(self, now: int) -> bool: ...
    def failed(self, now: int, *, retry_after: float | None = None, jitter: int | None = None) -> None: ...
    def ended(self, now: int) -> None: ...

def check_login_text(text: str, origin: str, hotkey: str, now: int) -> None: ...
def verify_login(hotkey: Hotkey, text: bytes, signature: bytes, scheme: str) -> Literal["bytes", "plain"]: ...

# Stores

@final
class Claim: ...

@final
class Outcome:
    @staticmethod
    def unavailable() -> Outcome: ...

@final
class MemoryStore:
    def __new__(cls, *, capacity: int | None, session_capacity: int | None, started: int | None) -> MemoryStore: ...
    def claim(self, claim: Claim, now: int) -> Outcome: ...
    def create(self, login: Login, now: int) -> Outcome: ...
    def read(self, presented: Presented, now: int) -> Read: ...
    def rotate(self, presented: PresentedRefresh, sessions: Sessions, now: int) -> Rotated: ...
    def end(self, presented: Presented) -> None: ...
    def revoke(self, hotkey: Hotkey) -> None: ...
    def purge(self, now: int) -> None: ...
    def sizes(self) -> tuple[int, int]: ...

def script_sources() -> list[tuple[str, str]]: ...
def claim_call(verifier: Verifier, claims: Sequence[Claim], now: int) -> _Call: ...
def warm_up_calls(verifier: Verifier, now: int) -> list[_Call]: ...
def claim_outcomes(reply: Sequence[int], count: int) -> list[Outcome]: ...
def claim_ready_at(reply: Sequence[int]) -> int | None: ...
def check_redis_info(info: str) -> None: ...

# Errors

def error_registry() -> list[tuple[str, str, int, str, bool, str, str]]: ...
