"""`login-texts`, `ss58`, `signatures` and `refresh-schedule`: functions of their arguments alone."""

from __future__ import annotations

import re
from functools import partial

from bittensor_auth import BittensorAuthError, Hotkey, _core
from bittensor_auth._errors import error

from .files import Case, Json, judge
from .keys import hotkey

_SECOND = 1_000_000_000
_NONCE = re.compile(r"(?<=\nNonce: )\S+|(?<=\n1 )(\S+) \S+(?= \d+ \d+$)")


def without_nonce(text: str) -> str:
    """A login text of either layout with its nonce left out."""
    shorter, count = _NONCE.subn(lambda found: found[1] or "", text)
    assert count == 1
    return shorter


def run_check(case: Case) -> Json:
    """A text that a client is asked to sign."""
    fields = case.case
    _core.check_login_text(fields["text"], fields["origin"], fields["hotkey"], int(fields["now"]))
    return {}


def run_build(case: Case) -> Json:
    """A text that a server writes. Its nonce is random, so the vector's text is rebuilt by the client's check, which
    takes it apart and puts it together again to the byte."""
    from .sessions import service

    fields = case.case
    site, issued, life = fields["site"], fields["issued_at"], fields["expires_at"] - fields["issued_at"]
    served = 30 <= life <= 300
    settings = {"site": site, "namespace": "vectors", "secret": "00" * 32, "previous_secret": None}
    sessions = service(settings | ({"lifetimes_ms": {"challenge": life * 1_000}} if served else {}))
    if served:
        text, expires_at = _challenge(sessions, fields)
        assert (without_nonce(text), expires_at) == (without_nonce(fields["text"]), fields["expires_at"])
    _core.check_login_text(fields["text"], site["origin"], fields["hotkey"], issued * _SECOND)
    return {"text": fields["text"]}


def _challenge(sessions: _core.Sessions, fields: Json) -> tuple[str, int]:
    try:
        text, _, expires_at = sessions.challenge(fields["hotkey"], fields["form"], fields["issued_at"] * _SECOND)
    except BittensorAuthError as failure:
        # The vector is about the site; a server that is asked for a form it cannot give says so to its caller.
        raise error("invalid_configuration" if failure.code == "malformed_body" else failure.code) from failure
    return text, expires_at


def run_address(case: Case) -> Json:
    """An address and the key that it spells."""
    decoded = Hotkey(case.case["address"])
    assert str(Hotkey.from_public_key(decoded.public_key)) == case.case["address"]
    return {"public_key": decoded.public_key.hex()}


def run_signature(case: Case) -> Json:
    """A signature over exactly the message, or as a wallet makes it."""
    fields = case.case
    message, signature = bytes.fromhex(fields["message"]), bytes.fromhex(fields["signature"])
    if fields["form"] == "login":
        _core.verify_login(hotkey(fields["public_key"]), message, signature, fields["scheme"])
        return {}
    hotkey(fields["public_key"]).verify(message, signature, fields["scheme"])
    return {}


def run_schedule(case: Case) -> None:
    """A client that asks when to refresh."""
    times = (int(case.case[name]) for name in ("issued_at", "expires_at", "refresh_expires_at"))
    schedule = _core.RefreshSchedule(*times, jitter=int(case.case["jitter"]))
    for step in case.case["steps"]:
        judge(step, {"step", "until", "usable"}, partial(_step, schedule, step["event"], int(step["now"])))


def _step(schedule: _core.RefreshSchedule, event: Json, now: int) -> Json:
    match event:
        case {"type": "next"}:
            step, until = schedule.next(now)
            if step == "log_in":
                raise error("login_required")
            waits = {} if until is None else {"until": str(until)}
            return {"step": step, "usable": schedule.is_usable(now), **waits}
        case {"type": "failed", "reason": "passing"}:
            schedule.failed(now, retry_after=event["retry_after_s"], jitter=int(event["jitter"]))
        case {"type": "failed", "reason": "ended"}:
            schedule.ended(now)
        case unknown:
            raise AssertionError(f"unknown event {unknown}")
    return {}
