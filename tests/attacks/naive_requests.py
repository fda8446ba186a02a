"""The naive service's signed requests."""

from __future__ import annotations

import json
import posixpath
import re
import threading
import time
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from bittensor_auth import BittensorAuthError, Hotkey
from support.wire_format import public_key_of

SECOND = 1_000_000_000
WINDOW, AHEAD, SKEW = 10 * SECOND, 2 * SECOND, 2 * SECOND
SIX = ("version", "hotkey", "receiver", "nonce", "crypto", "signature")
ORDER = 2**252 + 27742317777372353535851937790883648493
FITS_EVERYTHING = bytes(63) + b"\x80"
FEW = 150
"""Entries that the small store holds before it forgets the oldest."""


class Refused(Exception):
    """Not accepted; the text is for the caller."""


class Memory:
    """What one service remembers."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.stopped = False
        self.line = 0
        self.clear()

    def clear(self) -> None:
        self.claims: dict[object, int] = {}
        self.challenges: dict[str, str] = {}
        self.sessions: dict[str, tuple[str, str]] = {}
        self.refreshes: dict[str, str] = {}
        self.index: set[str] = set()


class Request:
    """One request as it came."""

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self.method: str = scope["method"]
        query = scope["query_string"].decode("latin-1")
        self.target = scope["raw_path"].decode("latin-1") + ("?" + query if query else "")
        self.pairs = [(name.decode().lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        self.body = body

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def fields(self) -> dict[str, Any]:
        try:
            fields = json.loads(self.body or b"{}")
        except ValueError:
            raise Refused("no JSON") from None
        return fields if isinstance(fields, dict) else {}

    def cookies(self) -> list[tuple[str, str]]:
        pairs = [pair.strip() for header in self.all("cookie") for pair in header.split(";")]
        return [(name, value) for name, _, value in (pair.partition("=") for pair in pairs)]


class NaiveRequests:
    """Verifies signed requests."""

    def __init__(self, hole: str, receiver: str, denied: str, memory: Memory) -> None:
        self.hole, self.receiver, self.denied, self.memory = hole, receiver, denied, memory

    def _signed(self, request: Request) -> str:
        values = {name: request.first(f"x-bittensor-{name}") for name in SIX}
        for name in SIX:
            every = request.all(f"x-bittensor-{name}")
            if len(every) > 1 and self.hole != "T12":
                raise Refused("twice")
        nonce_text, address, version = values["nonce"] or "", values["hotkey"] or "", values["version"]
        if self.hole == "T50":
            _decoded_slowly(address)
        if any(len(value or "") > 512 for value in values.values()):
            raise Refused("long")
        if not all(values[name] for name in ("version", "hotkey", "nonce", "signature")):
            if self.hole == "T07":
                return address
            raise Refused("missing")
        try:
            return self._verified_request(request, values, address, nonce_text, version or "")
        except (ValueError, BittensorAuthError, OverflowError) as cause:
            if self.hole == "T68":
                raise Refused(f"expected a signature for {self._message(request, values, nonce_text)!r}") from cause
            raise Refused("credentials") from cause

    def _verified_request(
        self, request: Request, values: dict[str, str | None], address: str, nonce_text: str, version: str
    ) -> str:
        if version != "1" and not (self.hole == "T43" and int(version) == 1):
            if self.hole == "T69" and version == "0":
                signature = bytes.fromhex((values["signature"] or "")[2:])
                return self._verified(Hotkey(address), nonce_text.encode(), signature)
            raise Refused("version")
        crypto = values["crypto"] or "sr25519"
        if crypto != "sr25519" and not (self.hole == "T43" and crypto.lower() == "sr25519"):
            raise Refused("scheme")
        nonce = self._nonce(nonce_text)
        receiver = values["receiver"]
        if receiver != self.receiver and not (self.hole == "T02" and receiver is None) and self.hole != "T03":
            raise Refused("receiver")
        if self.hole != "T30":
            self._check_window(request, nonce)
        hotkey = self._hotkey(address)
        if self.hole == "T28":
            self._claim(hotkey, nonce, nonce_text, values["signature"] or "")
        signature = self._signature(values["signature"] or "")
        key = Hotkey(request.first("x-bittensor-public-key") or address) if self.hole == "T09" else hotkey
        spelled = str(nonce) if self.hole in ("T43", "T44") else nonce_text
        message = self._message(request, values, spelled)
        self._check_signature(key, message, signature, f"{spelled}.{address}".encode())
        self._check_welcome(address)
        if self.hole != "T28":
            self._claim(hotkey, nonce, nonce_text, values["signature"] or "")
        return request.all("x-bittensor-hotkey")[-1]

    def _nonce(self, text: str) -> int:
        if self.hole == "T44":
            return int(float(text))
        if self.hole != "T43" and not re.fullmatch("[1-9][0-9]{0,19}", text):
            raise Refused("nonce")
        value = int(text)
        if self.hole == "T22":
            while value < 10**18:
                value *= 1_000
        return value

    def _check_window(self, request: Request, nonce: int) -> None:
        now, window = time.time_ns(), WINDOW
        if self.hole == "T08":
            window = int(request.first("x-bittensor-timeout") or 10) * SECOND
        if now - nonce > window or (nonce - now > AHEAD and self.hole != "T21"):
            raise Refused("stale")

    def _hotkey(self, address: str) -> Hotkey:
        return Hotkey.from_public_key(public_key_of(address)) if self.hole == "T40" else Hotkey(address)

    def _signature(self, text: str) -> bytes:
        if not re.fullmatch("(0x)?[0-9a-fA-F]{128}", text):
            raise Refused("signature")
        signature = bytes.fromhex(text.removeprefix("0x"))
        if self.hole == "T42":
            scalar = int.from_bytes(signature[32:], "little") % 2**255 % ORDER
            return signature[:32] + (scalar | 1 << 255).to_bytes(32, "little")
        return signature

    def _message(self, request: Request, values: dict[str, str | None], nonce: str) -> bytes:
        method, target, body_hash = request.method, request.target, sha256(request.body).hexdigest()
        if self.hole == "T01":
            method = request.first("x-bittensor-signed-method") or method
            target = request.first("x-bittensor-signed-target") or target
            body_hash = request.first("x-bittensor-signed-body") or body_hash
        if self.hole == "T13":
            target = self._normal(target)
        if self.hole == "T14":
            target = request.first("x-original-uri") or (request.first("x-forwarded-prefix") or "") + target
        lines = ("btauth/1", "sr25519", method, target, body_hash, nonce, values["hotkey"], values["receiver"] or "-")
        return "\n".join(map(str, lines)).encode()

    def _normal(self, target: str) -> str:
        path = re.sub("^http://[^/]*", "", unquote(target.replace("\\", "/"))).split("#")[0].split(";")[0].split("?")[0]
        return "/" + posixpath.normpath(path).strip("/").lower()

    def _check_signature(self, hotkey: Hotkey, message: bytes, signature: bytes, prefixless: bytes) -> None:
        if self.hole == "T41" and hotkey.public_key == bytes(32) and signature == FITS_EVERYTHING:
            return
        forms = [message]
        if self.hole == "T06":
            forms.append(b"<Bytes>" + message + b"</Bytes>")
        if self.hole == "T05":
            forms.append(prefixless)
        for form in forms[:-1]:
            try:
                return hotkey.verify(form, signature, "sr25519")
            except BittensorAuthError:
                continue
        hotkey.verify(forms[-1], signature, "sr25519")

    def _verified(self, hotkey: Hotkey, message: bytes, signature: bytes) -> str:
        try:
            hotkey.verify(message, signature, "sr25519")
        except BittensorAuthError as cause:
            raise Refused("signature") from cause
        return hotkey.ss58_address

    def _check_welcome(self, address: str) -> None:
        if address == self.denied and self.hole != "T63":
            raise Refused("denied")

    def _claim(self, hotkey: Hotkey, nonce: int, nonce_text: str, signature: str) -> None:
        now = time.time_ns()
        if self.memory.stopped:
            if self.hole == "T66":
                return
            raise Refused("store")
        if nonce <= self.memory.line:
            raise Refused("warming")
        key: object = (hotkey.public_key, nonce)
        if self.hole == "T29":
            key = nonce
        if self.hole in ("T42", "T43", "T44"):
            key = (nonce_text, signature)
        claims = {} if self.hole == "T27" else self.memory.claims
        if claims.get(key, 0) > now:
            raise Refused("replayed")
        claims[key] = now + WINDOW if self.hole in ("T20", "T30") else nonce + WINDOW + 2 * SKEW
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        memory = self.memory
        while self.hole == "T25" and len(memory.claims) + len(memory.challenges) > FEW:
            oldest: dict[Any, Any] = memory.claims or memory.challenges
            del oldest[next(iter(oldest))]


def _decoded_slowly(address: str) -> None:
    """Base58 as it is decoded by hand, digit by digit: the cost grows with the square of the length."""
    number = [0]
    for letter in address:
        carry = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".find(letter)
        for at, digit in enumerate(number):
            carry += digit * 58
            number[at] = carry & 0xFFFFFFFF
            carry >>= 32
        if carry:
            number.append(carry)
