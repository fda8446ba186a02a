"""T60 to T66: logins for another site, stolen stores, half-done ends, denied keys and a store that is silent."""

from __future__ import annotations

import re
from collections.abc import Callable

from attack import Target, Verdict, accepted, attack, gets_in, log_in
from support.callers import Caller
from support.raw_http import Answer, ask, json_request, request

EVIL = "https://dash.example.net"
SLOW = 2.0
"""Seconds after which a caller of a service whose store is silent should long have had its answer."""


def with_headers(raw: bytes, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return raw.replace(b"\r\n", f"\r\n{lines}".encode(), 1)


@attack("T60", "relayed by a site that shows its own name", "bad_signature")
def relayed(at: Target) -> Verdict:
    """The visitor signs what names the site that it sees; the site logs in with that elsewhere."""
    visitor = Caller(at.receiver)
    challenge = accepted(at.port, json_request("POST", "/auth/challenge", {"hotkey": visitor.address})).json()
    shown = {**challenge, "challenge": challenge["challenge"].replace("dash.example.org", "dash.example.net")}
    return gets_in(at, json_request("POST", "/auth/session", visitor.login_fields(shown)))


def from_a_page(name: str, route: str, **headers: str) -> None:
    @attack("T60", f"{route} {name}", "origin_refused")
    def run(at: Target) -> Verdict:
        visitor = Caller(at.receiver)
        challenge = accepted(at.port, json_request("POST", "/auth/challenge", {"hotkey": visitor.address})).json()
        fields = {"challenge": {"hotkey": visitor.address}, "session": visitor.login_fields(challenge)}[route]
        return gets_in(at, with_headers(json_request("POST", f"/auth/{route}", fields), **headers))


for _route in ("challenge", "session"):
    from_a_page("from another origin", _route, Origin=EVIL)
    from_a_page("from an origin that ends alike", _route, Origin="https://dash.example.org.evil.example")
    from_a_page("from no origin", _route, Origin="null")
    from_a_page("from a page without a name", _route, Sec_Fetch_Site="cross-site")


@attack("T61", "a dump of the store", "invalid_token")
def dumped(at: Target) -> Verdict:
    """Everything that the store holds is tried as a token, whole and in parts."""
    log_in(at)
    texts = {part for text in at.stored() for part in (text, *re.split(r"[|:{}.']", text)) if 8 <= len(part) <= 400}
    texts |= {prefix + text for text in texts for prefix in ("btas_", "btar_")}
    tried = []
    for text in sorted(texts)[-400:]:
        tried += ask(
            at.port,
            json_request("POST", "/score", bearer=text),
            json_request("POST", "/auth/refresh", {"refresh_token": text}),
        )
    inside = [answer for answer in tried if answer.status == 200]
    others = [answer for answer in tried if answer.status != 200 and answer.code != "invalid_token"]
    return Verdict(bool(inside), (inside or others or tried)[0])


@attack("T62", "refresh after the logout", "session_ended")
def half_ended(at: Target) -> Verdict:
    grant = log_in(at)
    accepted(at.port, json_request("POST", "/auth/logout", bearer=grant["session_token"]))
    return gets_in(at, json_request("POST", "/auth/refresh", {"refresh_token": grant["refresh_token"]}))


def denied(name: str, raw_of: Callable[[Target, Caller], bytes]) -> None:
    @attack("T63", name, "hotkey_denied")
    def run(at: Target) -> Verdict:
        return gets_in(at, raw_of(at, Caller(at.receiver, at.denied)))


def _session_of(at: Target, caller: Caller) -> dict[str, str]:
    """From a server that denies nobody."""
    return log_in(at, caller, port=at.sibling)


def _login(at: Target, caller: Caller) -> bytes:
    challenge = accepted(at.port, json_request("POST", "/auth/challenge", {"hotkey": caller.address})).json()
    return json_request("POST", "/auth/session", caller.login_fields(challenge))


denied("signs", lambda at, caller: caller.request())
denied("logs in", _login)
denied(
    "has a session", lambda at, caller: json_request("POST", "/score", bearer=_session_of(at, caller)["session_token"])
)
denied(
    "refreshes",
    lambda at, caller: json_request(
        "POST", "/auth/refresh", {"refresh_token": _session_of(at, caller)["refresh_token"]}
    ),
)


@attack("T66", "a request while the store is silent", "store_unavailable")
def unclaimed(at: Target) -> Verdict:
    with at.store_stopped():
        (answer,) = ask(at.port, Caller(at.receiver).request())
    return Verdict(_gives_in(answer), answer)


@attack("T66", "a session while the store is silent", "store_unavailable")
def unread(at: Target) -> Verdict:
    token = log_in(at)["session_token"]
    with at.store_stopped():
        (answer,) = ask(at.port, json_request("POST", "/score", bearer=token))
    return Verdict(_gives_in(answer), answer)


def _gives_in(answer: Answer) -> bool:
    return answer.status in (200, 500) or answer.seconds > SLOW


@attack("T73", "a bad signature and a session", "bad_signature")
def two_credentials(at: Target) -> Verdict:
    headers = {**Caller(at.receiver).headers(), "X-Bittensor-Signature": "0x" + "1b" * 64}
    headers["Authorization"] = f"Bearer {log_in(at)['session_token']}"
    return gets_in(at, request("POST", "/score", headers))
