"""T70 to T74: what a page of another origin, or a host beside ours, tries with cookies."""

from __future__ import annotations

from attack import Target, Verdict, attack, gets_in, log_in
from on_sessions import EVIL
from support.callers import Caller
from support.raw_http import ask, json_request, request
from support.web_server import ORIGIN

SESSION, REFRESH = "__Host-btauth-session", "__Host-btauth-refresh"


def riding(name: str, **headers: str) -> None:
    @attack("T70", f"on a cookie {name}", "origin_refused")
    def run(at: Target) -> Verdict:
        """The browser adds the cookies by itself."""
        given = {"Cookie": f"{SESSION}={log_in(at)['session_token']}"}
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return gets_in(at, request("POST", "/score", {**given, **named}))


riding("from another origin", Origin=EVIL)
riding("from no origin", Origin="null")
riding("without an origin")
riding("from the right origin, among two", Origin=ORIGIN, origin=EVIL)
riding("with the right referer", Referer=ORIGIN + "/", Sec_Fetch_Site="same-site")


@attack("T70", "a page reads", "origin_refused")
def read(at: Target) -> Verdict:
    given = {"Cookie": f"{SESSION}={log_in(at)['session_token']}", "Sec-Fetch-Site": "cross-site"}
    return gets_in(at, request("GET", "/auth/session", given))


@attack("T70", "a page logs out", "origin_refused")
def logged_out(at: Target) -> Verdict:
    grant = log_in(at)
    given = {"Cookie": f"{SESSION}={grant['session_token']}", "Origin": EVIL}
    (answer,) = ask(at.port, request("POST", "/auth/logout", given))
    (then,) = ask(at.port, json_request("POST", "/score", bearer=grant["session_token"]))
    return Verdict(then.status != 200 or answer.header("set-cookie") is not None, answer)


def planted(name: str, headers: dict[str, str]) -> None:
    @attack("T71", name, "origin_refused")
    def run(at: Target) -> Verdict:
        """A page logs its visitor in to the attacker's account."""
        attacker = Caller(at.receiver)
        (challenge,) = ask(at.port, json_request("POST", "/auth/challenge", {"hotkey": attacker.address}))
        fields = {**attacker.login_fields(challenge.json()), "tokens": "cookie"}
        raw = json_request("POST", "/auth/session", fields)
        lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        (answer,) = ask(at.port, raw.replace(b"\r\n", f"\r\n{lines}".encode(), 1))
        return Verdict(answer.header("set-cookie") is not None, answer)


planted("from another origin", {"Origin": EVIL})
planted("without an origin", {})


@attack("T72", "a second cookie", "duplicate_cookie")
def second(at: Target) -> Verdict:
    mine, yours = log_in(at)["session_token"], log_in(at)["session_token"]
    given = {"Cookie": f"{SESSION}={yours}; {SESSION}={mine}", "Origin": ORIGIN}
    return gets_in(at, request("POST", "/score", given))


def sibling(name: str, cookie: str) -> None:
    @attack("T72", name, "missing_credentials")
    def run(at: Target) -> Verdict:
        """A name that a host beside ours can set."""
        given = {"Cookie": f"{cookie}={log_in(at)['session_token']}", "Origin": ORIGIN}
        return gets_in(at, request("POST", "/score", given))


sibling("a name without its prefix", "btauth-session")
sibling("a name in other letters", SESSION.lower())


@attack("T73", "a bad bearer and a cookie", "invalid_token")
def bearer_and_cookie(at: Target) -> Verdict:
    given = {"Cookie": f"{SESSION}={log_in(at)['session_token']}", "Origin": ORIGIN}
    return gets_in(at, request("POST", "/score", {**given, "Authorization": "Bearer btas_false"}))


def laundered(name: str, fields: dict[str, str], *codes: str) -> None:
    @attack("T74", name, *codes)
    def run(at: Target) -> Verdict:
        """A script has a cookie that it cannot read turned into a token that it can."""
        given = {"Cookie": f"{REFRESH}={log_in(at)['refresh_token']}", "Origin": ORIGIN}
        lines = "".join(f"{key}: {value}\r\n" for key, value in given.items())
        raw = json_request("POST", "/auth/refresh", fields)
        (answer,) = ask(at.port, raw.replace(b"\r\n", f"\r\n{lines}".encode(), 1))
        return Verdict(b"btas_" in answer.body or b"btar_" in answer.body, answer)


laundered("asks for nothing", {}, "malformed_body")
laundered("asks for a body", {"tokens": "body"}, "malformed_body")
laundered("asks for cookies", {"tokens": "cookie"}, "")
