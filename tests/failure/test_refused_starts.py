"""Deployments that could accept a replay do not serve, and their log says why and what to do: as real processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import sleep

import pytest
from bittensor_auth import Keypair
from support.callers import Caller
from support.processes import wait_until
from support.raw_http import Connection, Lost, ask, json_request
from support.redis_server import RedisServer
from support.web_server import EXAMPLE, WebServer


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


def check_refused(server: WebServer, *words: str) -> None:
    """The server never answers, and its log names code and cure. When a supervisor gives up is its own business."""

    def said_why() -> bool:
        assert not server.serves()
        return all(word in server.process.log for word in words)

    wait_until(said_why, seconds=15, what=f"the log says {words}")
    for _ in range(20):
        assert not server.serves()
        sleep(0.05)


def test_several_workers_on_memory(tmp_path: Path) -> None:
    with WebServer(tmp_path / "web.log", "--workers", "2", first_start=True) as server:
        check_refused(server, "unsafe_store", "RedisStore", "run one worker")


@pytest.mark.parametrize("name", ["UVICORN_WORKERS", "WEB_CONCURRENCY"])
def test_several_workers_by_the_environment(tmp_path: Path, name: str) -> None:
    with WebServer(tmp_path / "web.log", first_start=True, more={name: "2"}) as server:
        check_refused(server, "unsafe_store", "RedisStore", "run one worker")


def test_several_workers_that_a_program_starts(tmp_path: Path) -> None:
    """Nothing tells of them beforehand, so one may serve until the other is refused; never do both."""
    program = "import sys, uvicorn; uvicorn.run('app:app', app_dir=sys.argv[1], port=int(sys.argv[2]), workers=2)"
    with WebServer(
        tmp_path / "web.log", first_start=True, command=[sys.executable, "-c", program, str(EXAMPLE)]
    ) as server:
        caller = Caller(server.receiver)
        accepted = 0
        while server.process.exit_code() is None:
            try:
                copies = asyncio.run(copies_at_once(server.port, caller.request()))
            except (OSError, Lost):
                continue
            assert copies <= 1
            accepted += copies
        log = server.process.log
        assert "unsafe_store" in log and "RedisStore" in log and "run one worker" in log


async def copies_at_once(port: int, request: bytes) -> int:
    """How many of twenty copies of a request passed."""
    connections = [await Connection.open(port) for _ in range(20)]
    try:
        answers = await asyncio.gather(*(connection.send(request) for connection in connections))
    finally:
        for connection in connections:
            connection.close()
    return sum(answer.status == 200 for answer in answers)


def test_two_processes_with_one_receiver_on_memory(tmp_path: Path) -> None:
    with WebServer(tmp_path / "first.log", first_start=True) as first:
        first.wait_until_serving()
        with WebServer(tmp_path / "second.log", receiver=first.receiver, first_start=True) as second:
            check_refused(second, "unsafe_store", "RedisStore", "run one worker")
        with WebServer(tmp_path / "other.log", first_start=True) as other:
            other.wait_until_serving()
        assert first.serves()
    with WebServer(tmp_path / "third.log", receiver=first.receiver, first_start=True) as third:
        third.wait_until_serving()  # The lock ends with the process that held it.


def test_gunicorn_workers_on_memory(tmp_path: Path) -> None:
    gunicorn = shutil.which("gunicorn", path=os.path.dirname(sys.executable))
    if gunicorn is None:
        pytest.skip("gunicorn is not installed")
    options = ["--chdir", str(EXAMPLE), "-w", "2", "-k", "uvicorn.workers.UvicornWorker", "-b"]
    with WebServer(tmp_path / "web.log", first_start=True, command=[gunicorn, "app:app", *options]) as server:
        check_refused(server, "unsafe_store", "RedisStore")


def test_workers_on_redis_without_a_shared_secret(tmp_path: Path, redis: RedisServer) -> None:
    with WebServer(tmp_path / "web.log", "--workers", "2", redis_url=redis.url, secret=None) as server:
        check_refused(server, "invalid_configuration", "secret", "several workers")


def test_a_short_secret(tmp_path: Path) -> None:
    with WebServer(tmp_path / "web.log", first_start=True, secret="too short") as server:
        check_refused(server, "ConfigurationError", "secret", "32 random bytes")
        assert "too short" not in server.process.log


def test_a_redis_that_evicts(tmp_path: Path, redis: RedisServer) -> None:
    redis.client.config_set("maxmemory-policy", "allkeys-lru")
    with WebServer(tmp_path / "web.log", "--workers", "2", redis_url=redis.url) as server:
        check_refused(server, "unsafe_store", "maxmemory-policy noeviction")


def test_a_redis_replica(tmp_path: Path, redis: RedisServer) -> None:
    with RedisServer(tmp_path / "replica") as replica:
        replica.client.replicaof("127.0.0.1", redis.port)
        with WebServer(tmp_path / "web.log", redis_url=replica.url) as server:
            check_refused(server, "unsafe_store", "primary")


def test_a_redis_user_that_may_not_ask_for_info(tmp_path: Path, redis: RedisServer) -> None:
    redis.client.acl_setuser("limited", enabled=True, passwords=["+pass"], keys=["*"], commands=["+@all", "-info"])
    url = redis.url.replace("redis://", "redis://limited:pass@")
    with WebServer(tmp_path / "web.log", redis_url=url) as server:
        check_refused(server, "unsafe_store", "INFO")
        assert "limited:pass" not in server.process.log


def test_a_redis_that_cannot_be_reached_is_no_refusal_but_a_wait(tmp_path: Path, redis: RedisServer) -> None:
    redis.kill()
    receiver = Keypair.generate("sr25519").ss58_address
    caller = Caller(receiver)
    with WebServer(tmp_path / "web.log", "--workers", "2", receiver=receiver, redis_url=redis.url) as server:
        server.wait_until_serving()
        answers = [ask(server.port, caller.request())[0] for _ in range(11)]
        for answer in answers:
            assert (answer.status, answer.code, answer.header("retry-after")) == (503, "store_unavailable", "1")
        assert median(answer.seconds for answer in answers) < 0.25
        # What needs no store works.
        (challenge,) = ask(server.port, json_request("POST", "/auth/challenge", {"hotkey": caller.address}))
        assert challenge.status == 200
        redis.start()
        wait_until(lambda: ask(server.port, caller.request())[0].status == 200, seconds=6, what="it recovers")
        assert "Traceback" not in server.process.log


def test_a_redis_that_turns_out_unsafe_later_accepts_nothing(tmp_path: Path, redis: RedisServer) -> None:
    redis.kill()
    receiver = Keypair.generate("sr25519").ss58_address
    caller = Caller(receiver)
    with WebServer(tmp_path / "web.log", receiver=receiver, redis_url=redis.url) as server:
        server.wait_until_serving()
        redis.start()
        redis.client.config_set("maxmemory-policy", "volatile-ttl")
        for _ in range(10):
            (answer,) = ask(server.port, caller.request())
            assert (answer.status, answer.code) in [(500, "unsafe_store"), (503, "store_unavailable")]
        redis.client.config_set("maxmemory-policy", "noeviction")
        wait_until(lambda: ask(server.port, caller.request())[0].status == 200, seconds=6, what="it recovers")
