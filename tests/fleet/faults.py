"""Requests that each break one rule, and only that one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bittensor_auth import Keypair
from support.callers import Caller
from support.raw_http import json_request, request

REQUEST_ID = "the-same-for-all"


def faults(receiver: str, grant: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Requests that each break one rule, signed when they are asked for. `grant`: of a session that lives."""
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
