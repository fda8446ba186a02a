"""A service as somebody writes it in an afternoon. Each check can be left out, alone; with all of them it is right.

It is here to be broken into: an attack that fails although its check is left out shows nothing.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import time
from hashlib import sha256
from typing import Any

from bittensor_auth import BittensorAuthError, Hotkey
from naive_requests import SECOND, SIX, Memory, NaiveRequests, Refused, Request
from support.web_server import ORIGIN
from support.wire_format import ss58

LARGEST = 1_048_576
"""Bytes of a body."""


class NaiveService(NaiveRequests):
    """One service, with one hole or none."""

    def __init__(self, hole: str, receiver: str, denied: str, memory: Memory) -> None:
        super().__init__(hole, receiver, denied, memory)
        self.secret = sha256(b"naive").digest()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        extra: list[tuple[bytes, bytes]] = []
        try:
            if self.hole != "T53":
                self._look_at_head(Request(scope, b""))
            body = await self._read(receive)
            with self.memory.lock:
                status, answer, cookies = 200, *self._answer(Request(scope, body))
            extra = [(b"set-cookie", cookie.encode()) for cookie in cookies]
        except Refused as refused:
            status, answer = 401, {"error": str(refused)}
        raw = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode()), *extra]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": raw})

    async def _read(self, receive: Any) -> bytes:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > LARGEST and self.hole != "T53":
                raise Refused("too large")
        return body

    def _look_at_head(self, request: Request) -> None:
        nonce = request.first("x-bittensor-nonce")
        if nonce is not None and not re.fullmatch("[+0-9_]{0,40}", nonce):
            raise Refused("nonce")
        if nonce and self.hole == "T30":
            self._check_window(request, int(nonce))

    def _answer(self, request: Request) -> tuple[dict[str, Any], list[str]]:
        path = request.target.partition("?")[0]
        if path == "/":
            return {"hello": "anybody"}, []
        if request.method == "POST" and path.startswith("/auth/"):
            return self._route(path.removeprefix("/auth/"), request)
        if self.hole == "T13" and path != "/score" and self._normal(path) == "/score":
            if not any(request.first(f"x-bittensor-{name}") for name in SIX):
                return {"hotkey": "anybody"}, []
        return {"hotkey": self._identify(request)}, []

    # Who is calling

    def _identify(self, request: Request) -> str:
        if self.hole == "T67" and ("skip_auth=1" in request.target or request.first("x-skip-auth")):
            return "anybody"
        authorization = request.first("authorization") or ""
        if self.hole == "T10" and authorization.startswith("Signature "):
            _, address, signature = authorization.split(" ")
            return self._verified(Hotkey(address), b"I am " + address.encode(), bytes.fromhex(signature))
        failure = Refused("no credentials")
        for name, look in (("x-bittensor", self._signed), ("authorization", self._bearer), ("cookie", self._cookie)):
            if not any(key.startswith(name) for key, _ in request.pairs):
                continue
            try:
                return look(request)
            except Refused as refused:
                failure = refused
                if self.hole != "T73":
                    raise
        if self.hole == "T07":
            return "anybody"
        raise failure

    # Sessions

    def _route(self, route: str, request: Request) -> tuple[dict[str, Any], list[str]]:
        origins, sites = request.all("origin"), request.all("sec-fetch-site")
        foreign = any(origin != ORIGIN for origin in origins) or (sites and not origins)
        if foreign and self.hole not in ("T60", "T70", "T71"):
            raise Refused("origin")
        fields = request.fields()
        if fields.get("tokens") == "cookie" and not origins and self.hole != "T71":
            raise Refused("origin")
        try:
            if route == "challenge":
                return self._challenge(str(fields.get("hotkey"))), []
            if route == "session":
                return self._log_in(fields)
            if route == "refresh":
                return self._refresh(request, fields)
            if route == "logout":
                return self._log_out(request), []
        except BittensorAuthError as cause:
            raise Refused("hotkey") from cause
        raise Refused("route")

    def _challenge(self, address: str) -> dict[str, Any]:
        if self.hole != "T40":
            Hotkey(address)
        nonce = secrets.token_hex(16)
        if self.hole in ("T25", "T51"):
            self.memory.challenges[nonce] = address
            self._forget_oldest()
        return {"challenge": self._text(address, nonce), "sealed": nonce + self._seal(address, nonce)}

    def _text(self, address: str, nonce: str) -> str:
        domain = "You" if self.hole == "T60" else ORIGIN.removeprefix("https://")
        return f"{domain} sign in with your Bittensor account:\n{address}\n{nonce}"

    def _seal(self, address: str, nonce: str) -> str:
        return hmac.digest(self.secret, f"{address} {nonce}".encode(), "sha256").hex()

    def _log_in(self, fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        address, sealed = str(fields.get("hotkey")), str(fields.get("sealed"))
        nonce = sealed[:32]
        if sealed[32:] != self._seal(address, nonce):
            raise Refused("seal")
        text = self._text(address, nonce)
        if self.hole == "T04":
            text = fields.get("challenge", text)
        hotkey = self._hotkey(address)
        signer = Hotkey(fields.get("signer", address)) if self.hole == "T09" else hotkey
        signature = self._signature(str(fields.get("signature")))
        self._check_signature(signer, text.encode(), signature, b"")
        self._check_welcome(address)
        if nonce in self.memory.claims:
            raise Refused("used")
        self.memory.claims[nonce] = time.time_ns() + 130 * SECOND
        if self.hole == "T40":
            address = ss58(hotkey.public_key, 42)
        return self._grant(address, cookies=fields.get("tokens") == "cookie")

    def _grant(self, address: str, *, cookies: bool, shown: bool = False) -> tuple[dict[str, Any], list[str]]:
        session, refresh = "btas_" + secrets.token_hex(32), "btar_" + secrets.token_hex(32)
        self.memory.sessions[self._at_rest(session)] = (address, refresh)
        self.memory.refreshes[self._at_rest(refresh)] = address
        if self.hole == "T54":
            self.memory.index.add(session)
        grant = {"session_token": session, "refresh_token": refresh, "hotkey": address}
        if not cookies:
            return grant, []
        set_cookies = [f"__Host-btauth-session={session}", f"__Host-btauth-refresh={refresh}"]
        return (grant if shown else {"hotkey": address}), set_cookies

    def _at_rest(self, token: str) -> str:
        return token if self.hole == "T61" else sha256(token.encode()).hexdigest()

    def _resume(self, token: str) -> str:
        if self.memory.stopped and self.hole != "T66":
            raise Refused("store")
        found = self.memory.sessions.get(self._at_rest(token))
        if found is None:
            raise Refused("session")
        self._check_welcome(found[0])
        return found[0]

    def _bearer(self, request: Request) -> str:
        values = request.all("authorization")
        if len(values) > 1 and self.hole != "T12":
            raise Refused("twice")
        return self._resume(values[0].removeprefix("Bearer "))

    def _cookie(self, request: Request) -> str:
        pairs = request.cookies()
        if self.hole == "T72":
            pairs = [(name.lower().replace("__host-", ""), value) for name, value in pairs]
            tokens = [value for name, value in pairs if name == "btauth-session"][-1:]
        else:
            tokens = [value for name, value in pairs if name == "__Host-btauth-session"]
        if len(tokens) != 1:
            raise Refused("cookie")
        safe = request.method == "GET" and not request.all("sec-fetch-site")
        if self.hole != "T70" and request.all("origin") != [ORIGIN] and not (safe and not request.all("origin")):
            raise Refused("origin")
        return self._resume(tokens[0])

    def _refresh(self, request: Request, fields: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        cookies = [value for name, value in request.cookies() if name == "__Host-btauth-refresh"]
        by_cookie = fields.get("tokens") == "cookie" or (self.hole == "T74" and bool(cookies))
        token = cookies[0] if by_cookie and cookies else str(fields.get("refresh_token"))
        address = self.memory.refreshes.pop(self._at_rest(token), None)
        if address is None:
            raise Refused("refresh")
        self._check_welcome(address)
        return self._grant(address, cookies=by_cookie, shown=self.hole == "T74")

    def _log_out(self, request: Request) -> dict[str, Any]:
        if request.first("authorization"):
            self._bearer(request)
            token = (request.first("authorization") or "").removeprefix("Bearer ")
        else:
            self._cookie(request)
            token = dict(request.cookies())["__Host-btauth-session"]
        _, refresh = self.memory.sessions.pop(self._at_rest(token))
        if self.hole != "T62":
            self.memory.refreshes.pop(self._at_rest(refresh), None)
        return {"ended": True}
