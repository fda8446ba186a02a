"""Every vector of `spec/vectors`, on the Python package: the same cases and verdicts as `core/tests/vectors`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from conformance import cookies, replay, requests, sessions, subnets, texts
from conformance.files import FOLDER, PATHS, Case, Json, cases, judge, read

from bittensor_auth import _core

SINGLE: dict[str, tuple[set[str], Callable[[Case], Json]]] = {
    "chain-answers/layout": ({"query", "has_swaps"}, subnets.run_answer),
    "chain-answers/metagraph": ({"subnet", "members"}, subnets.run_answer),
    "chain-answers/neurons-lite": ({"members"}, subnets.run_answer),
    "chain-answers/subnet-state": ({"netuid", "members"}, subnets.run_answer),
    "claims/namespace": ({"namespace"}, replay.run_namespace),
    "claims/request": ({"claim", "keep_until"}, replay.run_claim),
    "cookies/configure": (set(), cookies.run_settings),
    "cookies/credential": ({"carrier", "token"}, cookies.run_credential),
    "cookies/delivery": ({"delivery"}, cookies.run_delivery),
    "cookies/refresh": ({"token"}, cookies.run_refresh),
    "cookies/refused": ({"cookies"}, cookies.run_refused),
    "cookies/route": (set(), cookies.run_route),
    "cookies/set": ({"cookies"}, cookies.run_set),
    "login-texts/build": ({"text"}, texts.run_build),
    "login-texts/check": (set(), texts.run_check),
    "messages/asgi": ({"payload"}, requests.run_asgi),
    "messages/received": ({"payload"}, requests.run_received),
    "messages/sent": ({"payload"}, requests.run_sent),
    "policies": ({"roles"}, subnets.run_policy),
    "requests": ({"caller"}, requests.run_request),
    "sessions/configure": (set(), sessions.run_settings),
    "signatures/login": (set(), texts.run_signature),
    "signatures/request": (set(), texts.run_signature),
    "snapshots/diff": (
        {
            "other_subnet",
            "joined",
            "left",
            "swapped",
            "replaced",
            "permit_gained",
            "permit_lost",
            "owner_changed",
        },
        subnets.run_diff,
    ),
    "snapshots/freshness": ({"freshness"}, subnets.run_freshness),
    "snapshots/read": ({"hotkeys"}, subnets.run_snapshot),
    "ss58": ({"public_key"}, texts.run_address),
    "storage-keys": ({"key"}, subnets.run_storage_key),
    "tokens": ({"hotkey", "family", "expires_at", "rotation"}, sessions.run_token),
}
"""Names of the outputs, and what gives them."""
SEQUENCES: dict[str, Callable[[Case], None]] = {
    "refresh-schedule": texts.run_schedule,
    "replay/request": replay.run_sequence,
    "sessions/sequence": sessions.run_sequence,
}
IN_RUST_ONLY = {
    "claims/challenge": "a login makes this claim from a seal, with times in whole seconds; no call takes its parts",
    "replay/challenge": "the same claims at single nanoseconds; sessions/sequence claims challenges in the same memory",
}
"""What is not run here, and why."""

CASES = list(cases())
HERE = [case for case in CASES if case.part not in IN_RUST_ONLY]
CODES = {row[0] for row in _core.error_registry()}


@pytest.mark.parametrize("case", HERE, ids=[case.case["id"] for case in HERE])
def test_python_agrees(case: Case) -> None:
    if case.part in SEQUENCES:
        SEQUENCES[case.part](case)
        return
    assert case.part in SINGLE, f"{case.file}: a feature that this runner does not know"
    outputs, run = SINGLE[case.part]
    judge(case.case, outputs, lambda: run(case))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_a_file_has_the_cases_that_it_counts(path: Path) -> None:
    document = read(path)
    ids = [case["id"] for group in document["groups"] for case in group["cases"]]
    assert document["count"] == len(ids) == len(set(ids)) > 0
    flags = {flag for group in document["groups"] for case in group["cases"] for flag in case["flags"]}
    assert flags == document["notes"].keys()


def test_every_file_is_there() -> None:
    names = [str(path.relative_to(FOLDER)) for path in PATHS]
    assert names == [
        "chain-answers.json",
        "claims.json",
        "cookies.json",
        "external/bittensor.json",
        "external/golden.json",
        "external/polkadot-js.json",
        "external/py-sr25519-bindings.json",
        "external/scure-sr25519.json",
        "login-texts.json",
        "messages.json",
        "policies.json",
        "refresh-schedule.json",
        "replay.json",
        "requests.json",
        "sessions.json",
        "signatures.json",
        "snapshots.json",
        "ss58.json",
        "storage-keys.json",
        "tokens.json",
    ]


def test_every_verdict_is_ok_or_a_code() -> None:
    verdicts = {verdict for case in CASES for verdict in case.verdicts}
    assert verdicts - CODES == {"ok"}
    assert all(case.verdicts for case in CASES)


def test_every_part_runs_somewhere() -> None:
    parts = Counter(case.part for case in CASES)
    assert parts.keys() == {*SINGLE, *SEQUENCES, *IN_RUST_ONLY}


def test_an_unknown_feature_fails() -> None:
    with pytest.raises(AssertionError, match="does not know"):
        test_python_agrees(Case("stranger.json", "stranger", {}, {"id": "stranger-1", "expect": "ok"}))


def test_the_errors_are_the_published_ones() -> None:
    published = read(FOLDER.parent / "errors.json")
    columns = ("code", "kind", "http_status", "retry", "retryable", "title", "hint")
    rows = [dict(zip(columns, row, strict=True)) for row in _core.error_registry()]
    retryable = [row["code"] for row in rows if row.pop("retryable")]
    assert rows == published["errors"]
    assert published["count"] == len(rows)
    assert retryable == [row["code"] for row in rows if row["retry"] != "never"]


def test_names_and_scripts_are_the_published_ones() -> None:
    constants = read(FOLDER.parent / "constants.json")
    assert list(constants["requests"]["headers"].values()) == _core.HEADER_NAMES
    assert constants["sessions"]["session_prefix"] == _core.SESSION_PREFIX
    assert constants["sessions"]["refresh_prefix"] == _core.REFRESH_PREFIX
    assert constants["cookies"]["session"]["name"] == _core.SESSION_COOKIE
    assert constants["cookies"]["refresh"]["name"] == _core.REFRESH_COOKIE
    scripts = {name: hashlib.sha1(source.encode()).hexdigest() for name, source in _core.script_sources()}
    assert {name: script["sha1"] for name, script in constants["redis"]["scripts"].items()} == scripts
