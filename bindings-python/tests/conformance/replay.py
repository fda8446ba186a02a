"""`claims` and `replay`: what is remembered of a request, and what the memory of one process answers."""

from __future__ import annotations

from functools import partial

from bittensor_auth import Policy, _core

from .files import Case, Json, judge
from .keys import BOB, BY_PUBLIC_KEY, hotkey, signed_at

_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000
_ANYBODY = Policy.any_hotkey()


def _verifier(namespace: str | None, window: Json, body_budget_ns: str) -> _core.Verifier:
    return _core.Verifier(
        [BOB.ss58_address],
        max_age=int(window["max_age_ns"]) / _SECOND,
        allowed_skew=int(window["allowed_skew_ns"]) / _SECOND,
        body_budget=int(body_budget_ns) / _SECOND,
        schemes=["sr25519", "ed25519"],
        namespace=namespace,
        body_limit=None,
        unbound="refused",
    )


def _pending(verifier: _core.Verifier, sender: str, nonce: int) -> _core.Pending:
    """A request of this sender that was verified in the nanosecond in which it was signed."""
    headers = signed_at(BY_PUBLIC_KEY[bytes.fromhex(sender)], nonce)
    return verifier.check_head(headers, nonce).verify("GET", b"", b"/", b"")


def run_claim(case: Case) -> Json:
    """The claim of a request, as it travels to a Redis: name, and end in whole milliseconds, rounded up."""
    fields = case.case
    verifier = _verifier(fields["namespace"], fields, fields["body_budget_ns"])
    nonce = int(fields["signed_at"])
    claim = _pending(verifier, fields["sender"], nonce).claim(_ANYBODY, nonce)
    _, (_, key), (*_, keep_until) = _core.claim_call(verifier, [claim], nonce)
    assert int(keep_until) == -(-int(fields["keep_until"]) // _MILLISECOND)
    return {"claim": key.rpartition(":")[2], "keep_until": fields["keep_until"]}


def run_namespace(case: Case) -> Json:
    """The namespace of a receiver that chose none."""
    address = hotkey(case.case["receiver"]).ss58_address
    verifier = _core.Verifier(
        [address],
        max_age=None,
        allowed_skew=None,
        body_budget=None,
        schemes=None,
        namespace=None,
        body_limit=None,
        unbound="refused",
    )
    return {"namespace": verifier.namespace}


def run_sequence(case: Case) -> None:
    """A sequence of claims against one empty memory."""
    started = case.case["guard"]["started_at"]
    store = _core.MemoryStore(
        capacity=case.case["guard"]["capacity"],
        session_capacity=None,
        started=None if started is None else int(started),
    )
    for step in case.case["steps"]:
        judge(step, {"live"}, partial(_step, case, store, step["event"], int(step["now"])))


def _step(case: Case, store: _core.MemoryStore, event: Json, now: int) -> Json:
    if event["type"] == "purge":
        store.purge(now)
        return {"live": store.sizes()[0]}
    window = case.case["window"]
    verifier = _verifier(case.group["namespace"], window, event.get("body_budget_ns", window["body_budget_ns"]))
    nonce = int(event["signed_at"])
    sender = event.get("sender", BOB.public_key.hex())
    match event["type"]:
        case "arrive":
            verifier.check_head(signed_at(BOB, nonce), now)
        case "body_read":
            _pending(verifier, sender, nonce).claim(_ANYBODY, now)
        case "claim":
            pending = _pending(verifier, sender, nonce)
            pending.settle(store.claim(pending.claim(_ANYBODY, nonce), now), now)
        case unknown:
            raise AssertionError(f"unknown event {unknown}")
    return {}
