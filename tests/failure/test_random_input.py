"""Random headers, targets and bodies, seeded: the answer is always one of the registry, never an exception."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from bittensor_auth import Keypair, MemoryStore
from bittensor_auth.asgi import HotkeyAuth, HotkeyAuthMiddleware
from support.asgi_call import call, encoded, reached
from support.callers import Caller
from support.people import Person
from support.problems import check_refusal

CASES = 12_000
NAMES = [f"x-bittensor-{name}".encode() for name in ("version", "hotkey", "receiver", "nonce", "crypto", "signature")]
OTHERS = [
    b"authorization",
    b"origin",
    b"sec-fetch-site",
    b"x-request-id",
    b"x-bittensor-",
    b"x-bittensor",
    b"",
    b"\xff",
]
WORDS = [
    b"",
    b"1",
    b"0",
    b"-",
    b"null",
    b"sr25519",
    b"ed25519",
    b"Bearer ",
    b"Bearer",
    b"bearer btas_",
    b"\x00",
    b"\xff",
]
WORDS += [b"9" * 20, b"0x" + b"00" * 64, b"\xed\xa0\x80", b"\xc3\xa9", b" ", b"\t", b"\r\n", b"a" * 600, b"http://a"]
PATHS = [
    b"/score",
    b"/",
    b"",
    b"//",
    b"/auth/challenge",
    b"/auth/session",
    b"/auth/refresh",
    b"/auth/logout",
    b"*",
    b"/%",
]
METHODS = ["GET", "POST", "PUT", "get", "", "A" * 33, "P OST", "\x00", "POSTÉ"]


class Draw:
    """Random requests near the edge of what is valid."""

    def __init__(self, seed: int, caller: Caller, grant: dict[str, Any], challenge: dict[str, Any]) -> None:
        self._random = Random(seed)
        self._caller = caller
        self._tokens = [grant["session_token"].encode(), grant["refresh_token"].encode()]
        self._bodies: list[dict[str, Any]] = [
            {"hotkey": caller.address},
            caller.login_fields(challenge),
            {"refresh_token": grant["refresh_token"]},
        ]

    def text(self) -> bytes:
        kind = self._random.randrange(4)
        if kind == 0:
            return self._random.choice(WORDS)
        if kind == 1:
            return self._random.randbytes(self._random.choice((1, 8, 64, 130, 600)))
        if kind == 2:
            return bytes(self._random.choice(self._tokens))
        return b"".join(self._random.choice(WORDS) for _ in range(self._random.randrange(6)))

    def mutated(self, text: bytes) -> bytes:
        """The text with one thing wrong, or as it is."""
        at = self._random.randrange(len(text) + 1)
        end = at + self._random.randrange(4)
        return self._random.choice(
            (text, text[:at], text[:at] + self.text() + text[end:], text.upper(), text * 2, self.text())
        )

    def headers(self) -> list[tuple[bytes, bytes]]:
        headers = encoded(self._caller.headers("POST", "/score", b"{}")) if self._random.random() < 0.6 else []
        for _ in range(self._random.randrange(4)):
            change = self._random.randrange(4)
            if change == 0:
                headers.append((self._random.choice(NAMES + OTHERS), self.text()))
            elif change == 1:
                headers.append((b"authorization", b"Bearer " + self.mutated(self._random.choice(self._tokens))))
            elif headers and change == 2:
                headers.pop(self._random.randrange(len(headers)))
            elif headers:
                at = self._random.randrange(len(headers))
                headers[at] = (headers[at][0], self.mutated(headers[at][1]))
        self._random.shuffle(headers)
        return headers

    def body(self) -> bytes:
        kind = self._random.randrange(4)
        if kind == 0:
            return b"{}"
        if kind == 1:
            return self.mutated(json.dumps(self._random.choice(self._bodies)).encode())
        fields = dict(self._random.choice(self._bodies))
        name = self._random.choice([*fields, "form", "scheme"])
        odd: tuple[Any, ...] = (
            None,
            1,
            -1.5,
            True,
            [],
            {},
            "",
            "é",
            "\ud800",
            "\x00",
            "9" * 500,
            self.text().decode("latin-1"),
        )
        fields[name] = self._random.choice(odd)
        return json.dumps(fields, ensure_ascii=self._random.random() < 0.5).encode("utf-8", "surrogatepass")

    def target(self) -> bytes:
        query = b"?" + self.text() if self._random.random() < 0.2 else b""
        path = self._random.choice(PATHS) if self._random.random() < 0.9 else b"/" + self.text()
        return path + query

    def method(self) -> str:
        return "POST" if self._random.random() < 0.8 else self._random.choice(METHODS)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_requests_get_an_answer_of_the_registry(seed: int, report: Callable[[str], None]) -> None:
    receiver = Keypair.generate("sr25519").ss58_address
    auth = HotkeyAuth(receiver, store=MemoryStore(nothing_accepted_before=True), origin="https://dash.example.org")
    app = HotkeyAuthMiddleware(reached, auth=auth)
    codes: Counter[str] = Counter()

    async def ask_all() -> None:
        person = Person(auth, receiver)
        draw = Draw(seed, person.caller, await person.log_in(), await person.challenge())
        for _ in range(CASES // 2):
            method, target, headers, body = (draw.method(), draw.target(), draw.headers(), draw.body())
            answer = await call(app, method, target, headers, body)
            if answer.status == 200:
                codes["ok"] += 1
            else:
                codes[check_refusal(answer.status, answer.headers, answer.body)] += 1

    asyncio.run(ask_all())
    report(f"{CASES // 2} random requests (seed {seed}): {dict(codes.most_common())}")
    assert len(codes) >= 20, "the draws must reach most of the checks"
