"""Servers in several languages on one Redis, and honest load on all of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

from members import KINDS, Member
from support.callers import Caller
from support.load import Load
from support.processes import wait_until
from support.raw_http import Answer, Connection, ask, json_request, request
from support.redis_server import RedisServer
from support.web_server import ORIGIN

from bittensor_auth import Keypair


class Fleet:
    """One server of each kind. Use it in a `with` statement."""

    def __init__(
        self,
        folder: Path,
        redis: RedisServer,
        *,
        clock_shifts_ms: Mapping[str, int] | None = None,
        store_timeout_ms: int = 200,
    ) -> None:
        self.redis = redis
        self.receiver = Keypair.generate("sr25519").ss58_address
        self._stack = ExitStack()
        shifts = clock_shifts_ms or {}
        self.members = [
            self._stack.enter_context(
                Member(
                    kind,
                    folder / f"{kind.name}.log",
                    receiver=self.receiver,
                    redis_url=redis.url,
                    clock_shift_ms=shifts.get(kind.name, 0),
                    store_timeout_ms=store_timeout_ms,
                )
            )
            for kind in KINDS
        ]

    def __enter__(self) -> Fleet:  # noqa: PYI034 - Self needs Python 3.11
        with ExitStack() as starting:
            starting.callback(self._stack.close)
            for member in self.members:
                member.wait_until_serving()
            starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def ports(self) -> list[int]:
        return [member.port for member in self.members]

    def wait_until_accepting(self, members: Iterable[Member] | None = None) -> None:
        """Until these members, or all of them, accept signed requests."""
        caller = Caller(self.receiver)
        for member in self.members if members is None else members:

            def accepts(port: int = member.port) -> bool:
                return ask(port, caller.request())[0].status == 200

            wait_until(accepts, seconds=15, what=f"the store warms up for the {member.kind.name} server")

    def check_logs(self) -> None:
        """No member met anything that it was not made for."""
        for member in self.members:
            log = member.process.log
            assert "Traceback" not in log and "panicked" not in log, log


class FleetLoad(Load):
    """Honest load and replays, each on the server that chance picks; a replay mostly meets another one than its
    original. `clocks`: by how many seconds callers' clocks are ahead."""

    def __init__(self, fleet: Fleet, *, clocks: tuple[float, ...] = (0.0, 0.0, 0.0, 1.9, -3.0), **options: Any) -> None:
        super().__init__(0, [Caller(fleet.receiver) for _ in range(8)], **options)
        self.lost = 0
        """Requests whose server went away before it answered."""
        self._ports = fleet.ports
        self._clocks = clocks

    async def _lane(self) -> None:
        connections: dict[int, Connection] = {}
        while self._running:
            port = self._random.choice(self._ports)
            if port not in connections or connections[port].is_closed:
                try:
                    connections[port] = await Connection.open(port)
                except OSError:
                    # What stands in front of a fleet tries the next server.
                    await asyncio.sleep(0.01)
                    continue
            await self._step(connections[port])
            await asyncio.sleep(self._pause * self._random.uniform(0.5, 1.5))
        for connection in connections.values():
            connection.close()

    async def _step(self, connection: Connection) -> None:
        draw = self._random.random()
        if draw < 0.4 and self._remembered:
            await self._replay(connection)
        elif draw < 0.45 and self._unanswered:
            await self._resend(connection)
        else:
            await self._call(connection)

    async def _call(self, connection: Connection) -> None:
        ahead = self._random.choice(self._clocks)
        request = self._random.choice(self._callers).request(ahead=ahead)
        answer = await self._send(connection, request)
        if answer is None or answer.status == 503:
            self._unanswered.append((perf_counter(), request))
        elif answer.status == 200:
            self._accept(request)
        else:
            self.tally.wrong_refusals += 1
            self.tally.unexpected.append(f"new request: {answer.status} {answer.code}")
        if answer is not None and ahead == 0.0:
            times = self.tally.accepted_at if answer.status == 200 else self.tally.failed_at
            times.append(perf_counter())
            if answer.code == "store_warming":
                self.tally.warming_at.append(perf_counter())

    async def _send(self, connection: Connection, request: bytes) -> Answer | None:
        answer = await super()._send(connection, request)
        if answer is None and self.tally.unexpected[-1] == "connection lost":
            self.tally.unexpected.pop()
            self.lost += 1
        return answer

    def line(self, name: str) -> str:
        """What happened, in one line."""
        tally = self.tally
        return (
            f"{name}: {tally.requests} requests, {tally.accepted} accepted, {tally.replays} replays, "
            f"{tally.replays_accepted} replays accepted, {tally.wrong_refusals} wrong refusals, "
            f"{sum(tally.unavailable.values())} × 503 {tally.unavailable}, {self.lost} lost, "
            f"longest outage {tally.longest_outage:.2f} s"
        )


def log_in(port: int, caller: Caller) -> dict[str, Any]:
    """A grant from one member. As a client does, it waits for a store that warms up."""
    for _ in range(3):
        (challenge,) = ask(port, json_request("POST", "/auth/challenge", {"hotkey": caller.address}))
        (grant,) = ask(port, json_request("POST", "/auth/session", caller.login_fields(challenge.json())))
        if grant.code != "store_warming":
            break
        time.sleep(float(grant.header("retry-after") or 0))
    assert grant.status == 200, grant.code
    return dict(grant.json())


def log_in_by_cookie(port: int, caller: Caller) -> Answer:
    """The answer to a page that asks for cookies."""
    for _ in range(3):
        (challenge,) = ask(port, json_request("POST", "/auth/challenge", {"hotkey": caller.address}))
        fields = {**caller.login_fields(challenge.json()), "tokens": "cookie"}
        (answer,) = ask(port, page_request("POST", "/auth/session", fields))
        if answer.code != "store_warming":
            break
        time.sleep(float(answer.header("retry-after") or 0))
    assert answer.status == 200, answer.code
    return answer


def page_request(
    method: str, target: str, fields: object = None, *, cookies: Mapping[str, str] | None = None, origin: str = ORIGIN
) -> bytes:
    """What the browser of a page sends."""
    headers = {"Origin": origin}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return request(method, target, headers, b"" if fields is None else json.dumps(fields).encode())


def cookies_of(answer: Answer) -> dict[str, str]:
    """What a browser keeps of an answer."""
    pairs = [value.partition(";")[0].partition("=") for value in answer.headers("set-cookie")]
    return {name: value for name, _, value in pairs if value}


def whoami(port: int, token: str) -> Answer:
    return ask(port, json_request("GET", "/auth/session", bearer=token))[0]


def refresh(port: int, token: str) -> Answer:
    return ask(port, json_request("POST", "/auth/refresh", {"refresh_token": token}))[0]


def log_out(port: int, token: str) -> Answer:
    return ask(port, json_request("POST", "/auth/logout", bearer=token))[0]
