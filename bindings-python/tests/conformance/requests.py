"""`requests` and `messages`: whole requests, and the bytes that they sign."""

from __future__ import annotations

from bittensor_auth import MemoryStore, Policy, Verifier, _core

from .files import Case, Json
from .keys import ALICE, BY_ADDRESS

_SECOND = 1_000_000_000
_NONCE = 1_752_076_800_000_000_000


def run_request(case: Case) -> Json:
    """A request as a server receives it, through the public `Verifier`."""
    settings, request = case.group["verifier"], case.case
    verifier = Verifier(
        settings["receivers"],
        store=MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True),
        max_age=int(settings["max_age_ns"]) / _SECOND,
        allowed_skew=int(settings["allowed_skew_ns"]) / _SECOND,
        schemes=settings["schemes"],
        body_limit=settings.get("body_limit"),
        dangerous_accept_unbound=settings["unbound"],
        clock=lambda: int(request["now"]),
    )
    body = bytes.fromhex(request["body"])
    headers = [(name, value) for name, value in request["headers"]]
    caller = verifier.verify(headers, method=request["method"], target=request["target"], body=body)
    return {"caller": caller.public_key.hex()}


def run_sent(case: Case) -> Json:
    """The bytes that a client gives to its signer."""
    fields = case.case
    signer = _core.RequestSigner(fields["scheme"], fields["sender"], fields["receiver"])
    unsigned = signer.prepare(
        fields["method"], fields["target"], bytes.fromhex(fields["body"]), _NONCE, int(fields["nonce"])
    )
    assert unsigned.message is not None
    return {"payload": unsigned.message.hex()}


def run_received(case: Case) -> Json:
    """A server does not show the bytes that it verifies: a signature over the expected ones has to hold."""
    return _received(case.case, b"", case.case["target"].encode(), b"")


def run_asgi(case: Case) -> Json:
    """The same with a target in the parts of an ASGI scope."""
    parts = case.case["asgi"]
    return _received(case.case, *(parts[name].encode() for name in ("public_prefix", "raw_path", "query_string")))


def _received(fields: Json, prefix: bytes, raw_path: bytes, query: bytes) -> Json:
    payload = fields.get("payload", "")
    keypair = BY_ADDRESS.get(fields["sender"], ALICE)
    values = ("1", fields["sender"], fields["receiver"], fields["nonce"], fields["scheme"])
    signature = "0x" + keypair.sign(bytes.fromhex(payload)).hex()
    named = zip(_core.HEADER_NAMES, (*values, signature), strict=True)
    headers = [(name, value) for name, value in named if value is not None]
    verifier = _core.Verifier(
        # A service is set up with its own address; of a foreign one it only sees that it is not its own.
        [ALICE.ss58_address if fields["receiver"] is None else fields["receiver"]],
        max_age=None,
        allowed_skew=None,
        body_budget=None,
        schemes=["sr25519", "ed25519"],
        namespace=None,
        body_limit=None,
        unbound="dangerous",
    )
    now = int(fields["nonce"]) if payload else _NONCE
    head = verifier.check_head(headers, now)
    head.update(bytes.fromhex(fields["body"]))
    head.verify(fields["method"], prefix, raw_path, query).claim(Policy.any_hotkey(), now)
    return {"payload": payload}
