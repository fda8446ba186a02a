"""Facts of a subnet: storage keys, what a runtime answers, snapshots, and policies over them."""

from __future__ import annotations

from collections.abc import Sequence

from bittensor_auth import Hotkey, Policy, Snapshot, SnapshotDiff, SubnetView, _core
from bittensor_auth._errors import error

from .files import Case, Json

_KEYS = ("hotkey", "coldkey", "owner_hotkey", "owner_coldkey")
_STAKES = ("alpha", "tao", "total", "own_alpha")


def run_storage_key(case: Case) -> Json:
    fields = {name: case.case[name] for name in ("netuid", "uid") if name in case.case}
    keys = {name: bytes.fromhex(case.case[name]) for name in ("hotkey", "coldkey") if name in case.case}
    return {"key": _core.storage_key(case.case["item"], **fields, **keys).hex()}


def run_answer(case: Case) -> Json:
    kind = case.group["operation"]
    answer = case.case["metadata" if kind == "layout" else "answer"]
    found = _core.decode_answer(kind, bytes.fromhex(answer))
    for row in [found.get("subnet") or {}, *found.get("members", ())]:
        row.update({name: row[name].hex() for name in _KEYS if row.get(name) is not None})
        row.update({name: str(row[name]) for name in _STAKES if row.get(name) is not None})
    return found


def run_snapshot(case: Case) -> Json:
    snapshot = Snapshot.from_json(case.case["document"].encode())
    assert Snapshot.from_json(snapshot.to_json().encode()) == snapshot
    return {"hotkeys": [_hex(neuron.hotkey) for neuron in snapshot.neurons]}


def run_freshness(case: Case) -> Json:
    view = SubnetView.empty(soft=case.group["soft_s"], hard=case.group["hard_s"])
    view = view.with_snapshot(Snapshot.from_json(case.case["document"].encode()))
    if trouble := case.case.get("trouble"):
        view = view.with_trouble(_core.Reason.of(trouble, str(error(trouble))))
    return {"freshness": view.freshness(int(case.case["now"]))}


def run_diff(case: Case) -> Json:
    old, new = (Snapshot.from_json(case.case[name].encode()) for name in ("old", "new"))
    diff = SnapshotDiff.between(old, new)
    lists = {name: _all(getattr(diff, name)) for name in ("joined", "left", "permit_gained", "permit_lost")}
    changes = {
        name: [{"uid": uid, "old": _hex(was), "new": _hex(now)} for uid, was, now in getattr(diff, name)]
        for name in ("swapped", "replaced")
    }
    owners = [
        {"hotkey": _hex(hotkey), "old": was and _hex(was), "new": now and _hex(now)}
        for hotkey, was, now in diff.owner_changed
    ]
    return {"other_subnet": diff.other_subnet, **lists, **changes, "owner_changed": owners}


def run_policy(case: Case) -> Json:
    view = SubnetView.empty()
    if case.group.get("snapshot") is not None:
        view = view.with_snapshot(Snapshot.from_json(case.group["snapshot"].encode()))
    link = case.case["link"]
    link = None if link == "not-asked" else link if link in ("not-linked", "unavailable") else _address(link)
    facts = _core.Facts(view, link=link)
    decision = policy(case.case["policy"]).decide(_address(case.case["hotkey"]), int(case.group["now"]), facts)
    if decision.code is not None:
        assert decision.verdict == ("unknown" if error(decision.code).http_status == 503 else "deny")
        raise error(decision.code, decision.reason)
    assert (decision.verdict, decision.reason) == ("allow", None)
    return {"roles": list(decision.roles)}


def policy(rule: Json) -> Policy:
    name = rule["rule"]
    if name in ("any_of", "all_of"):
        made = getattr(Policy, name)(*map(policy, rule["policies"]))
    elif name in ("validator", "stake"):
        made = getattr(Policy, name)(int(rule["min_stake"]), rule["kind"])
    elif name in ("hotkeys", "coldkeys"):
        made = getattr(Policy, name)([_address(key) for key in rule[name]])
    else:
        made = getattr(Policy, name)()
    if rule.get("role") is not None:
        made = made.role(rule["role"])
    denied: Policy = made.deny([_address(key) for key in rule.get("deny", ())])
    return denied


def _address(key: str) -> str:
    return Hotkey.from_public_key(bytes.fromhex(key)).ss58_address


def _hex(address: str) -> str:
    return Hotkey(address).public_key.hex()


def _all(addresses: Sequence[str]) -> list[str]:
    return [_hex(address) for address in addresses]
