"""Requests that each break one rule, and only that one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bittensor_auth import Keypair
from bittensor_auth._core import REFRESH_COOKIE, SESSION_COOKIE
from support.callers import Caller
from support.raw_http import json_request, request
from support.web_server import ORIGIN

REQUEST_ID = "the-same-for-all"


def faults(receiver: str, grant: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Requests that each break one rule, signed when they are asked for. `grant`: of a session that lives."""
    yield from _faults(receiver, grant)
    for method, target in (("GET", "/auth/session"), ("POST", "/auth/logout")):
        signed = Caller(receiver).headers(method, target)
        beside = {**signed, "Authorization": f"Bearer {grant['session_token']}", "X-Request-Id": REQUEST_ID}
        yield f"a signature beside a token at {target}", request(method, target, beside)
        beside["X-Bittensor-Nonce"] = "1"
        yield f"a false one beside a token at {target}", request(method, target, beside)
        yield f"a signature alone at {target}", request(method, target, {**signed, "X-Request-Id": REQUEST_ID})


def cookie_faults(receiver: str, cookies: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """The same with the cookies of a session that lives, and goes on living. A name says what a page tried."""
    session, refresh = cookies[SESSION_COOKIE], cookies[REFRESH_COOKIE]
    both = f"{SESSION_COOKIE}={session}; {REFRESH_COOKIE}={refresh}"
    login = {"hotkey": Caller(receiver).address, "sealed": "A" * 52, "signature": "0" * 128, "tokens": "cookie"}
    routes: dict[str, tuple[str, str, object]] = {
        "calling": ("POST", "/score", None),
        "refreshing": ("POST", "/auth/refresh", {"tokens": "cookie"}),
        "logging out": ("POST", "/auth/logout", None),
        "asking who": ("GET", "/auth/session", None),
        "logging in": ("POST", "/auth/session", login),
    }

    def send(doing: str, *more: tuple[str, str], cookie: str = both, fields: object = ...) -> bytes:
        method, target, usual = routes[doing]
        given = usual if fields is ... else fields
        body = b"" if given is None else json.dumps(given).encode()
        lines = [("Host", "127.0.0.1"), ("Content-Length", str(len(body))), ("X-Request-Id", REQUEST_ID), *more]
        lines += [("Cookie", cookie)] if cookie else []
        head = "".join(f"{name}: {value}\r\n" for name, value in lines)
        return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body

    home = ("Origin", ORIGIN)
    pages: dict[str, list[tuple[str, str]]] = {
        "another site": [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
        "a page without a name": [("Origin", "null")],
        "a host below": [("Origin", ORIGIN.replace("//", "//a."))],
        "a name that begins alike": [("Origin", ORIGIN + ".evil.example")],
        "two pages": [home, home],
        "two pages in one": [("Origin", f"{ORIGIN}, {ORIGIN}")],
        "a fetch that hides its page": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
        "a frame": [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
    }
    for page, headers in pages.items():
        for doing in routes:
            yield f"{page}, {doing}", send(doing, *headers)
    for doing in ("calling", "refreshing", "logging out", "logging in"):
        yield f"no page at all, {doing}", send(doing)
        yield f"a header of a proxy, {doing}", send(doing, ("X-Forwarded-Host", ORIGIN[8:]), ("Referer", ORIGIN))

    for name, cookie in {
        "two sessions": f"{both}; {SESSION_COOKIE}=x",
        "two refresh cookies": f"{REFRESH_COOKIE}=x; {both}",
        "the same twice": f"{both}; {both}",
        "too many bytes": f"{both}; a={'x' * 16_384}",
    }.items():
        for doing in ("calling", "refreshing", "logging out", "asking who"):
            yield f"{name}, {doing}", send(doing, home, cookie=cookie)
    for name, cookie in {
        "no cookie": "",
        "planted names": f"btauth-session={session}; __host-btauth-refresh={refresh}",
        "each in the other's place": f"{SESSION_COOKIE}={refresh}; {REFRESH_COOKIE}={session}",
        "empty ones": f"{SESSION_COOKIE}=; {REFRESH_COOKIE}=",
        "false ones": f"{SESSION_COOKIE}=btas_{'A' * 124}; {REFRESH_COOKIE}=btar_{'A' * 124}",
        "quoted ones": f'{SESSION_COOKIE}="{session}"; {REFRESH_COOKIE}="{refresh}"',
    }.items():
        for doing in ("calling", "refreshing", "logging out", "asking who"):
            yield f"{name}, {doing}", send(doing, home, cookie=cookie)
    for doing in ("calling", "logging out", "asking who"):
        yield f"the refresh cookie alone, {doing}", send(doing, home, cookie=f"{REFRESH_COOKIE}={refresh}")
        yield f"a false bearer beside cookies, {doing}", send(doing, home, ("Authorization", "Bearer x"))
        bearers = (("Authorization", "Bearer x"), ("Authorization", "Bearer x"))
        yield f"two bearers beside cookies, {doing}", send(doing, home, *bearers)
    for doing in ("logging out", "asking who"):
        method, target, _ = routes[doing]
        signed = Caller(receiver).headers(method, target)
        yield f"a signature beside cookies, {doing}", send(doing, home, *signed.items())
        false = {**signed, "X-Bittensor-Nonce": "1"}
        yield f"a false signature beside cookies, {doing}", send(doing, home, *false.items())

    for name, fields in {
        "a token in a body": {"tokens": "cookie", "refresh_token": refresh},
        "no token": {},
        "a body without its token": {"tokens": "body"},
        "null": {"tokens": None},
        "other letters": {"tokens": "Cookie"},
        "a list": {"tokens": ["cookie"]},
        "a word that is no ASCII": {"tokens": "cookié"},
        "no object": ["cookie"],
    }.items():
        yield f"{name}, refreshing", send("refreshing", home, fields=fields)
    yield "another word, logging in", send("logging in", home, fields={**login, "tokens": "both"})
    yield "a false seal, logging in", send("logging in", home)


def _faults(receiver: str, grant: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    caller, other = Caller(receiver), Caller(receiver)
    ed25519 = Caller(receiver, Keypair.generate("ed25519"))
    stranger = Caller(Keypair.generate("sr25519").ss58_address)

    def signed(changes: dict[str, str | None] | None = None, *, by: Caller = caller, ahead: float = 0.0) -> bytes:
        headers: dict[str, str | None] = {**by.headers(body=b"{}", ahead=ahead), **(changes or {})}
        kept = {name: value for name, value in headers.items() if value is not None}
        return request("POST", "/score", {**kept, "X-Request-Id": REQUEST_ID}, b"{}")

    changes: dict[str, dict[str, str | None]] = {
        "no version": {"X-Bittensor-Version": None},
        "no hotkey": {"X-Bittensor-Hotkey": None},
        "no receiver": {"X-Bittensor-Receiver": None},
        "no nonce": {"X-Bittensor-Nonce": None},
        "no signature": {"X-Bittensor-Signature": None},
        "version 2": {"X-Bittensor-Version": "2"},
        "a hotkey with a wrong checksum": {"X-Bittensor-Hotkey": caller.address[:-1] + "1"},
        "a short hotkey": {"X-Bittensor-Hotkey": "5"},
        "somebody else's hotkey": {"X-Bittensor-Hotkey": other.address},
        "the key of nobody": {"X-Bittensor-Hotkey": "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"},
        "a nonce with a sign": {"X-Bittensor-Nonce": "+1"},
        "an old nonce": {"X-Bittensor-Nonce": "1752076800000000000"},
        "a nonce in the far future": {"X-Bittensor-Nonce": "99999999999999999999"},
        "an unknown scheme": {"X-Bittensor-Crypto": "rsa"},
        "a short signature": {"X-Bittensor-Signature": "0x00"},
        "a signature of zeros": {"X-Bittensor-Signature": "0x" + "0" * 128},
        "a long header": {"X-Bittensor-Nonce": "1" * 513},
        "a tab in a header": {"X-Bittensor-Nonce": "1\t1"},
    }
    for name, change in changes.items():
        yield name, signed(change)
    yield "another receiver", signed(by=stranger)
    yield "ed25519", signed(by=ed25519)
    yield "a minute old", signed(ahead=-62.0)
    yield "a minute ahead", signed(ahead=62.0)
    yield "another method", signed().replace(b"POST", b"PUT", 1)
    yield "another query", signed().replace(b"/score", b"/score?a", 1)
    yield "another body", signed()[:-2] + b"[]"
    yield "a header twice", signed().replace(b"\r\n", b"\r\nx-bittensor-NONCE: 1\r\n", 1)
    yield "no credentials", request("POST", "/score", {"X-Request-Id": REQUEST_ID})

    for name, authorization in {
        "another scheme": "Basic dTpw",
        "an empty token": "Bearer ",
        "a false token": "Bearer btas_" + "A" * 124,
        "a refresh token as a session": f"Bearer {grant['refresh_token']}",
        "a token with a space": f"Bearer  {grant['session_token']}",
        "a long token": "Bearer " + "x" * 506,
    }.items():
        given = {"Authorization": authorization, "X-Request-Id": REQUEST_ID}
        yield name, request("POST", "/score", given)
        yield f"{name}, asking who", request("GET", "/auth/session", given)
        yield f"{name}, logging out", request("POST", "/auth/logout", given)
    yield (
        "two tokens",
        request(
            "POST", "/score", {"Authorization": "Bearer a", "authorization": "Bearer a", "X-Request-Id": REQUEST_ID}
        ),
    )

    def post(route: str, fields: object, **headers: str) -> bytes:
        raw = json_request("POST", f"/auth/{route}", fields)
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        return raw.replace(b"\r\n", f"\r\nX-Request-Id: {REQUEST_ID}\r\n{more}".encode(), 1)

    login = {"hotkey": caller.address, "sealed": "A" * 52, "signature": "0" * 128}
    bodies: dict[str, tuple[str, object]] = {
        "no object": ("challenge", []),
        "no hotkey to challenge": ("challenge", {}),
        "a hotkey that is a number": ("challenge", {"hotkey": 5}),
        "a hotkey that is no ASCII": ("challenge", {"hotkey": "é"}),
        "a hotkey that is none": ("challenge", {"hotkey": "5"}),
        "another form": ("challenge", {"hotkey": caller.address, "form": "long"}),
        "a form that is a number": ("challenge", {"hotkey": caller.address, "form": 1}),
        "a false seal": ("session", login),
        "a seal that is none": ("session", {**login, "sealed": "?"}),
        "no seal": ("session", {**login, "sealed": None}),
        "a signature that is none": ("session", {**login, "signature": "0x"}),
        "a scheme that is none": ("session", {**login, "scheme": "rsa"}),
        "a scheme that is not accepted": ("session", {**login, "scheme": "ed25519"}),
        "a false refresh token": ("refresh", {"refresh_token": "btar_" + "A" * 124}),
        "a session token to refresh": ("refresh", {"refresh_token": grant["session_token"]}),
        "no refresh token": ("refresh", {"refresh": ""}),
    }
    for name, (route, fields) in bodies.items():
        yield name, post(route, fields)
    for route in ("challenge", "session", "refresh", "logout"):
        yield (
            f"{route} from a page of another origin",
            post(route, {}, Origin="https://evil.example"),
        )
        yield f"{route} from a page without a name", post(route, {}, Sec_Fetch_Site="cross-site")
        yield f"{route} with a large body", post(route, {"x": "y" * 4_096})
        # The body never comes, so whoever waits for it gives no answer.
        unsent = post(route, None, Origin="https://evil.example").replace(b"Content-Length: 0", b"Content-Length: 9")
        yield f"{route} from a page of another origin, without its body", unsent
