"""A name that leads to another server after a failover, while the old primary lives on as a replica (spec/03 §5)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import redis
import redis.asyncio
from bittensor_auth import Keypair
from bittensor_auth.asgi import HotkeyAuth
from bittensor_auth.redis import RedisStore
from support.people import Person, code_of, log_out
from support.processes import wait_until
from support.redis_server import RedisServer

WITHIN = 10.0
"""The new primary knows nothing, so it warms up for 4 s."""


class Name:
    """A port that leads to one server after another. Open connections stay where they are."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._leading: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Name:  # noqa: PYI034 - Self needs Python 3.11
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._leading:
            task.cancel()
        await asyncio.gather(*self._leading, return_exceptions=True)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._leading.add(task)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            writer.transport.abort()
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()


@pytest.mark.parametrize(
    ("client", "finds_out_by"),
    [(redis.asyncio.Redis, "a script"), (redis.Redis, "a command")],
    ids=["asynchronous", "in a thread"],
)
def test_a_primary_that_was_made_a_replica_is_left_for_the_new_one(
    tmp_path: Path, client: Any, finds_out_by: str
) -> None:
    with RedisServer(tmp_path / "old") as old, RedisServer(tmp_path / "new") as new:
        asyncio.run(_move(old, new, client, finds_out_by))


async def _move(old: RedisServer, new: RedisServer, client: Any, finds_out_by: str) -> None:
    async with AsyncExitStack() as stack:
        name = await stack.enter_async_context(Name(old.port))
        connected = client(port=name.port)
        if client is redis.asyncio.Redis:
            stack.push_async_callback(connected.aclose)
        else:
            stack.callback(connected.close)
        store = RedisStore(connected, timeout=2)
        receiver = Keypair.generate("sr25519").ss58_address
        auth = HotkeyAuth(receiver, store=store, origin="https://dash.example.org", secret="s" * 32)
        person = Person(auth, receiver)
        grant = await _until_ok(person)

        old.client.replicaof("127.0.0.1", new.port)
        await asyncio.to_thread(
            wait_until, lambda: old.info("master_link_status") == "up", seconds=10, what="the old one follows"
        )
        name.target = new.port
        write = person.log_in() if finds_out_by == "a script" else log_out(auth, grant)
        assert await code_of(write) == "store_unavailable", "the old primary takes no writes"
        await _until_ok(person)


async def _until_ok(person: Person) -> dict[str, Any]:
    """A grant from a store that may still warm up."""
    end = monotonic() + WITHIN
    codes = []
    while monotonic() < end:
        challenge = await person.challenge()
        codes.append(await code_of(login := asyncio.ensure_future(person.log_in(challenge))))
        if codes[-1] == "ok":
            return login.result()
        await asyncio.sleep(0.2)
    raise AssertionError(f"not within {WITHIN} s: {codes}")
