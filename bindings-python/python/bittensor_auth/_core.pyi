# The compiled module, as pyo3 exposes it. `stubtest` holds this file to it; `tests/test_stub.py` the docstrings.

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any, Final, Literal, NoReturn, TypeAlias, final

__all__ = [
    "HEADER_NAMES",
    "MAX_ANSWER_LEN",
    "RAO",
    "REFRESH_COOKIE",
    "REFRESH_PREFIX",
    "SESSION_COOKIE",
    "SESSION_PREFIX",
    "Caller",
    "Claim",
    "ClockOffset",
    "Decision",
    "Facts",
    "Head",
    "Hotkey",
    "Keypair",
    "Login",
    "Lookup",
    "MemoryStore",
    "Neuron",
    "Outcome",
    "Pending",
    "PointPlan",
    "PointRead",
    "PointReads",
    "Policy",
    "Presented",
    "PresentedRefresh",
    "Read",
    "ReadSchedule",
    "Reason",
    "RefreshSchedule",
    "RequestSigner",
    "Rotated",
    "RpcAnswer",
    "RpcCall",
    "Sessions",
    "Snapshot",
    "SnapshotDiff",
    "SnapshotPlan",
    "SubnetReader",
    "SubnetView",
    "TokenTransport",
    "Unsigned",
    "Verifier",
    "__version__",
    "check_login_text",
    "check_redis_info",
    "claim_call",
    "claim_outcomes",
    "claim_ready_at",
    "decode_answer",
    "error_registry",
    "is_signed",
    "load_hotkey",
    "network_endpoints",
    "script_sources",
    "signing_target",
    "storage_key",
    "verify_login",
    "warm_up_calls",
]

__version__: Final[str]
HEADER_NAMES: Final[list[str]]
MAX_ANSWER_LEN: Final[int]
RAO: Final[int]
REFRESH_COOKIE: Final[str]
REFRESH_PREFIX: Final[str]
SESSION_COOKIE: Final[str]
SESSION_PREFIX: Final[str]

_Scheme: TypeAlias = Literal["ed25519", "sr25519"]
_Pairs: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]
_Headers: TypeAlias = list[tuple[str, str]]
_Call: TypeAlias = tuple[str, list[str], list[str]]
_Grant: TypeAlias = tuple[str, int, str, int, str]
_Roles: TypeAlias = tuple[str, ...]
_StakeKind: TypeAlias = Literal["alpha", "own_alpha", "tao", "total"]
_Scope: TypeAlias = Literal["everyone", "nobody", "owner"]
_Freshness: TypeAlias = Literal["degraded", "expired", "fresh", "never", "replaced", "unsupported"]
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

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the policy gave for this request, in its order."""

    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Policy:
    """Which hotkeys are welcome once they proved themselves (spec/05)."""

    @staticmethod
    def any_hotkey() -> Policy:
        """Welcomes every hotkey that proved itself."""

    @staticmethod
    def hotkeys(addresses: Sequence[str]) -> Policy:
        """Welcomes these SS58 addresses only."""

    @staticmethod
    def registered() -> Policy:
        """Welcomes hotkeys that are registered on the subnet."""

    @staticmethod
    def validator(min_stake: int, kind: _StakeKind | None = None) -> Policy:
        """Welcomes members with a validator permit and at least `min_stake` rao of stake of one kind: `total` (the
        default), `alpha`, `tao` or `own_alpha`."""

    @staticmethod
    def stake(min_stake: int, kind: _StakeKind | None = None) -> Policy:
        """Welcomes members with at least `min_stake` rao of stake of one kind, with or without a permit."""

    @staticmethod
    def subnet_owner() -> Policy:
        """Welcomes the hotkey that owns the subnet."""

    @staticmethod
    def coldkeys(addresses: Sequence[str]) -> Policy:
        """Welcomes members that one of these coldkeys (SS58 addresses) owns."""

    @staticmethod
    def linked() -> Policy:
        """Welcomes members whose owner coldkey is linked to an account."""

    @staticmethod
    def any_of(*policies: Policy) -> Policy:
        """Welcomes whom one of the policies welcomes."""

    @staticmethod
    def all_of(*policies: Policy) -> Policy:
        """Welcomes whom all of the policies welcome."""

    def deny(self, addresses: Sequence[str]) -> Policy:
        """The same policy, which refuses these SS58 addresses whatever else holds."""

    def role(self, name: str) -> Policy:
        """The same policy, which gives whom it welcomes a role: 1 to 32 characters of `a-z`, `0-9`, `-` and `_`."""

    @property
    def needs(self) -> tuple[bool, bool, _Scope]:
        """What it has to know: whether the subnet's facts, whether links, and of whom coldkey swaps."""

    def decide(self, hotkey: str, now: int, facts: Facts | None = None) -> Decision:
        """What it says of a hotkey (SS58) at `now`, in Unix nanoseconds."""

    def welcome(self, caller: Caller, now: int, facts: Facts | None = None) -> Caller:
        """The caller with the roles of this policy, or the reason why it is not welcome."""

@final
class Decision:
    """What a policy says of one hotkey at one moment."""

    @property
    def verdict(self) -> Literal["allow", "deny", "unknown"]:
        """`"allow"`, `"deny"` (403) or `"unknown"` (503)."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles, in the order of the policy."""

    @property
    def code(self) -> str | None:
        """The code of the reason; `None` for allow."""

    @property
    def reason(self) -> str | None:
        """The reason, as a sentence that a person can act on; `None` for allow."""

@final
class Facts:
    def __new__(cls, view: SubnetView, *, point: PointRead | None = None, link: str | None = None) -> Facts: ...

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
    def sender(self) -> Hotkey: ...
    def claim(self, policy: Policy, now: int, facts: Facts | None = None) -> Claim: ...
    def settle(self, outcome: Outcome, now: int) -> Caller: ...
    def settle_in_memory(self, policy: Policy, store: MemoryStore, now: int, facts: Facts | None = None) -> Caller: ...

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
    def login(self, hotkey: str, scheme: str | None, sealed: str, signature: str, now: int) -> Login: ...
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
    @property
    def hotkey(self) -> Hotkey: ...
    def admit(self, policy: Policy, now: int, facts: Facts | None = None) -> _Roles: ...
    @staticmethod
    def outcome(reply: Sequence[int]) -> Outcome: ...

@final
class Presented:
    @property
    def expires_at(self) -> int: ...
    @property
    def hotkey(self) -> Hotkey: ...
    def resume(self, read: Read, policy: Policy, now: int, facts: Facts | None = None) -> Caller: ...

@final
class PresentedRefresh:
    @property
    def hotkey(self) -> Hotkey: ...
    def admit(self, policy: Policy, now: int, facts: Facts | None = None) -> _Roles: ...

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

# The subnet's facts

@final
class Snapshot:
    """A subnet and its members at one finalized block. Never changed."""

    @staticmethod
    def from_json(document: bytes) -> Snapshot:
        """Reads the published form (spec/05 §8); raises `snapshot_invalid` for anything else."""

    def to_json(self) -> str:
        """The published form."""

    @property
    def netuid(self) -> int:
        """Which subnet."""

    @property
    def block(self) -> int:
        """The number of its block."""

    @property
    def block_hash(self) -> bytes:
        """The hash of its block."""

    @property
    def fetched_at(self) -> int:
        """When it was asked for, in Unix nanoseconds."""

    @property
    def spec_version(self) -> int:
        """The runtime's version at its block."""

    @property
    def neurons(self) -> list[Neuron]:
        """The members, sorted by public key."""

    def neuron(self, hotkey: str) -> Neuron | None:
        """The member with this SS58 address."""

    def __len__(self) -> int: ...
    def __eq__(self, value: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Neuron:
    """One member of a subnet."""

    @property
    def uid(self) -> int:
        """Its place; it changes hands."""

    @property
    def hotkey(self) -> str:
        """Its SS58 address."""

    @property
    def coldkey(self) -> str | None:
        """The SS58 address of its owner; `None` for nobody."""

    @property
    def permit(self) -> bool:
        """Whether it has a validator permit, as of the last epoch."""

    @property
    def active(self) -> bool:
        """Whether it set weights within the activity cutoff."""

    @property
    def total(self) -> int | None:
        """Total stake in rao; `None` if the source does not say."""

    @property
    def alpha(self) -> int | None:
        """Alpha after delegation, in rao."""

    @property
    def tao(self) -> int | None:
        """TAO on the root network after delegation, in rao."""

    @property
    def own_alpha(self) -> int | None:
        """Alpha on the hotkey itself, in rao."""

    @property
    def registered_at(self) -> int | None:
        """The block at which it got its uid."""

    @property
    def last_update(self) -> int | None:
        """The block at which it last set weights."""

    def __eq__(self, value: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Lookup:
    """What is known of a hotkey's membership at one moment."""

    @property
    def answer(self) -> Literal["not_registered", "registered", "unknown"]:
        """`"registered"`, `"not_registered"` or `"unknown"`."""

    @property
    def neuron(self) -> Neuron | None:
        """The member."""

@final
class SubnetView:
    """One moment's knowledge of a subnet; a registry puts a new one in its place."""

    @staticmethod
    def empty(*, soft: float | None = None, hard: float | None = None) -> SubnetView:
        """Nothing is known yet. Limits in seconds; without `soft` the core's, or `hard` if that is less."""

    def with_snapshot(self, snapshot: Snapshot) -> SubnetView:
        """The view after a snapshot was read."""

    def with_trouble(self, trouble: Reason) -> SubnetView:
        """The view after reading failed."""

    @property
    def snapshot(self) -> Snapshot | None:
        """The last snapshot, however old."""

    @property
    def trouble(self) -> tuple[str, str] | None:
        """The code and the sentence of the last failed reading; `None` when the last one was good."""

    def freshness(self, now: int) -> _Freshness:
        """`fresh`, `degraded`, `expired`, `never`, `unsupported` or `replaced` at `now`, in Unix nanoseconds."""

    def age(self, now: int) -> float | None:
        """Seconds since the facts held; `None` when nothing was read."""

    def check(self, now: int) -> None:
        """Raises `registry_unavailable` with the reason unless the facts can be used."""

    def lookup(self, hotkey: str, now: int) -> Lookup:
        """What is known of an SS58 address."""

@final
class SnapshotDiff:
    """What changed from one snapshot to the next, by SS58 address."""

    @staticmethod
    def between(old: Snapshot, new: Snapshot) -> SnapshotDiff:
        """What changed between two snapshots."""

    @property
    def other_subnet(self) -> bool:
        """Whether the netuid belongs to another subnet now."""

    @property
    def joined(self) -> list[str]:
        """Who came."""

    @property
    def left(self) -> list[str]:
        """Who is no member any more; those that were swapped or replaced too."""

    @property
    def swapped(self) -> list[tuple[int, str, str]]:
        """Uid, old and new hotkey where the same owner took another key."""

    @property
    def replaced(self) -> list[tuple[int, str, str]]:
        """Uid, old and new hotkey where somebody else got the uid."""

    @property
    def permit_gained(self) -> list[str]:
        """Who got a permit."""

    @property
    def permit_lost(self) -> list[str]:
        """Who lost it."""

    @property
    def owner_changed(self) -> list[tuple[str, str | None, str | None]]:
        """Hotkey, old and new owner."""

@final
class PointRead: ...

@final
class PointReads:
    def __new__(cls) -> PointReads: ...
    def want(
        self, hotkey: Hotkey, view: SubnetView, now: int
    ) -> tuple[Literal["known"], PointRead] | tuple[Literal["none", "read"], None]: ...
    def put(self, read: PointRead, now: int) -> None: ...
    def failed(self, hotkey: Hotkey, now: int) -> None: ...

@final
class SubnetReader:
    def __new__(
        cls,
        network: str,
        netuid: int,
        *,
        genesis: bytes | None = None,
        registered_at: int | None = None,
        swaps: str | None = None,
    ) -> SubnetReader: ...
    def snapshot_plan(self, now: int) -> SnapshotPlan: ...
    def point_plan(self, hotkey: Hotkey, now: int) -> PointPlan | None: ...
    def accept(self, plan: SnapshotPlan) -> tuple[Snapshot, SnapshotDiff | None]: ...
    def adopt(self, snapshot: Snapshot) -> tuple[Snapshot, SnapshotDiff | None]: ...
    def confirm_subnet(self, registered_at: int) -> None: ...

@final
class SnapshotPlan:
    def call(self) -> RpcCall | None: ...
    def answer(self, answer: RpcAnswer, now: int) -> None: ...

@final
class PointPlan:
    def call(self) -> RpcCall | None: ...
    def answer(self, answer: RpcAnswer, now: int) -> None: ...
    def read(self) -> PointRead | None: ...

@final
class RpcCall:
    @property
    def method(self) -> str: ...
    def body(self, id: int) -> str: ...

@final
class RpcAnswer:
    @staticmethod
    def from_http(status: int, retry_after: int | None, body: bytes) -> RpcAnswer: ...
    @staticmethod
    def from_message(body: bytes) -> RpcAnswer: ...
    @staticmethod
    def closed(code: int | None) -> RpcAnswer: ...
    @staticmethod
    def unreachable() -> RpcAnswer: ...
    @staticmethod
    def id_of(body: bytes) -> int | None: ...

@final
class ReadSchedule:
    def __new__(cls, endpoints: Sequence[str], *, interval: float | None = None) -> ReadSchedule: ...
    def next(self, now: int) -> tuple[Literal["read", "wait"], int]: ...
    def succeeded(self, now: int, *, jitter: int | None = None) -> None: ...
    def failed(self, reason: Reason, now: int, *, jitter: int | None = None) -> None: ...

def network_endpoints(name: str) -> list[str]: ...
def storage_key(
    item: str,
    *,
    netuid: int | None = None,
    uid: int | None = None,
    hotkey: bytes | None = None,
    coldkey: bytes | None = None,
) -> bytes: ...
def decode_answer(kind: str, answer: bytes) -> dict[str, Any]: ...

# Errors

@final
class Reason:
    @staticmethod
    def of(code: str, message: str) -> Reason: ...

def error_registry() -> list[tuple[str, str, int, str, bool, str, str]]: ...
