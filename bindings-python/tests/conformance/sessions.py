"""`sessions` and `tokens`: sequences from the challenge to the end of a session, and single tokens."""

from __future__ import annotations

from functools import partial

from bittensor_auth import Hotkey, Policy, _core

from .files import Case, Json, judge
from .keys import ALICE
from .texts import without_nonce

Grant = tuple[str, int, str, int, str]
_SECOND = 1_000_000_000
_ANYBODY = Policy.any_hotkey()
_LIFETIMES = ("challenge", "access", "idle", "absolute", "grace")
_OUTPUTS = {"caller", "expires_at", "record", "refresh_expires_at", "refresh_token", "sealed", "session_token", "text"}
"""All but `wrapping`: Python does not tell which form a wallet signed."""


def service(settings: Json) -> _core.Sessions:
    """The sessions of a service; what is not said is the default."""
    verifier = _core.Verifier(
        [ALICE.ss58_address],
        max_age=None,
        allowed_skew=None,
        body_budget=None,
        schemes=settings.get("schemes"),
        namespace=settings["namespace"],
        body_limit=None,
        unbound="refused",
    )
    site = settings.get("site", {"origin": "https://dash.example.org"})
    network = site.get("network")
    secrets = [settings["secret"], settings["previous_secret"]]
    lifetimes = settings.get("lifetimes_ms", {})
    challenge, access, idle, absolute, grace = (
        lifetimes[name] / 1_000 if name in lifetimes else None for name in _LIFETIMES
    )
    return _core.Sessions(
        verifier,
        origin=site["origin"],
        secrets=[bytes.fromhex(secret) for secret in secrets if secret is not None],
        statement=site.get("statement"),
        network=network and (network["name"], network["genesis_hash"]),
        challenge=challenge,
        access=access,
        idle=idle,
        absolute=absolute,
        grace=grace,
    )


def run_settings(case: Case) -> Json:
    """An operator's settings."""
    service(case.case["service"])
    return {}


def run_token(case: Case) -> Json:
    """What one token says. Python does not show it, but the keys and arguments of the store's calls do."""
    fields = case.case
    sessions, now = service(case.group["service"]), int(fields["now"])
    if fields["kind"] == "session":
        presented = sessions.present(fields["token"], now)
        record, generation = sessions.keys(presented)
        outputs: Json = {"expires_at": str(presented.expires_at * _SECOND)}
    else:
        _, (record, generation), (_, _, rotation, *_) = sessions.rotate_call(
            sessions.present_refresh(fields["token"], now), now
        )
        outputs = {"rotation": int(rotation)}
    return {"hotkey": generation.rpartition(":")[2], "family": record.rpartition(":")[2], **outputs}


def run_sequence(case: Case) -> None:
    """A sequence against one empty store."""
    run = _Run(service(case.group["service"]), case.case["store"]["capacity"])
    for step in case.case["steps"]:
        judge(step, _OUTPUTS, partial(run.step, step, step["event"], int(step["now"])))


class _Run:
    """Python draws its own randomness, so its tokens are not those of the vectors: each stands for the one in the same
    place. The vectors' own are made again from their records, to the byte."""

    def __init__(self, sessions: _core.Sessions, capacity: int) -> None:
        self._sessions = sessions
        self._store = _core.MemoryStore(capacity=None, session_capacity=capacity, started=None)
        self._ours: dict[str, str] = {}

    def step(self, step: Json, event: Json, now: int) -> Json:
        sessions, store = self._sessions, self._store
        match event["type"]:
            case "challenge":
                return self._challenge(step, event, now)
            case "login":
                login = sessions.login(event["hotkey"], event["scheme"], event["sealed"], event["signature"], now)
                return self._granted(step, sessions.created(login, store.create(login, now), now))
            case "call":
                presented = sessions.present(self._token(event["session_token"]), now)
                return {"caller": presented.resume(store.read(presented, now), _ANYBODY, now).public_key.hex()}
            case "refresh":
                refresh = sessions.present_refresh(self._token(event["refresh_token"]), now)
                return self._granted(step, sessions.rotated(refresh, store.rotate(refresh, sessions, now)))
            case "logout":
                store.end(sessions.present(self._token(event["session_token"]), now))
            case "revoke":
                store.revoke(Hotkey(event["hotkey"]))
            case unknown:
                raise AssertionError(f"unknown event {unknown}")
        return {}

    def _token(self, token: str) -> str:
        return self._ours.get(token, token)

    def _challenge(self, step: Json, event: Json, now: int) -> Json:
        """The same text but for the nonce; a login of the sequence then uses the vector's own seal."""
        text, sealed, expires_at = self._sessions.challenge(event["hotkey"], event["form"], now)
        assert without_nonce(text) == without_nonce(step["text"])
        assert (len(sealed), sealed[:9]) == (len(step["sealed"]), step["sealed"][:9]), "version, secret, form, expiry"
        return {"text": step["text"], "sealed": step["sealed"], "expires_at": str(expires_at * _SECOND)}

    def _granted(self, step: Json, grant: Grant) -> Json:
        if step["expect"] != "ok":
            return {}
        # A store that went back in time is shown tokens of the next rotation, which it never gave out.
        for later in (1, 0):
            record = _rotated(step["record"], later)
            theirs, ours = self._grant(step["refresh_token"], record), self._grant(grant[2], record)
            self._ours |= {theirs[0]: ours[0], theirs[2]: ours[2]}
        assert ours == grant
        session_token, expires_at, refresh_token, refresh_expires_at, _ = theirs
        return {
            "session_token": session_token,
            "expires_at": str(expires_at * _SECOND),
            "refresh_token": refresh_token,
            "refresh_expires_at": str(refresh_expires_at * _SECOND),
            "record": step["record"],
        }

    def _grant(self, refresh_token: str, record: str) -> Grant:
        """The tokens of a record, for the hotkey and the session that a refresh token names."""
        named = self._sessions.present_refresh(refresh_token, 0)
        return self._sessions.rotated(named, _core.Rotated.reply(1, record))


def _rotated(record: str, times: int) -> str:
    """A record with its rotation counted up."""
    version, generation, rotation, *rest = record.split("|")
    return "|".join((version, generation, str(int(rotation) + times), *rest))
