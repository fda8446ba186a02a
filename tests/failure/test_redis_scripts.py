"""The edges of the Redis scripts, on a real Redis: every way in which the store can have forgotten, and every
millisecond at which an answer changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import time

import pytest
from support.processes import wait_until
from support.redis_server import RedisServer
from support.scripts import run

NODE_SKEW = 2_000
ALLOWED_SKEW = 2_000
MARGIN = NODE_SKEW + ALLOWED_SKEW
EPOCH = "bta:{edges.0}:e"
CLAIM = "bta:{edges.0}:n:00112233445566778899aabbccddeeff"
NOW = (int(time()) + 3_600) * 1_000
"""An hour ahead of the real clock, so that the real expiry of keys decides nothing here."""
LATER = NOW + MARGIN + 1
"""When the first signed time after the line is over."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("edges")) as server:
        yield server


@pytest.fixture
def redis(server: RedisServer) -> RedisServer:
    """Warm since `NOW`: it can tell about what was signed after `NOW + MARGIN`."""
    server.client.flushall()
    assert guard(server, at=NOW) == [-1, NOW, NOW + MARGIN]
    return server


def real_ms() -> int:
    return int(time() * 1_000)


def guard(redis: RedisServer, *, at: int, node: int | None = None) -> list[int]:
    return list(run(redis.client, "claim", [EPOCH], [at if node is None else node, NODE_SKEW, ALLOWED_SKEW], at_ms=at))


def claim(redis: RedisServer, *, signed: int, keep_until: int, at: int, key: str = CLAIM) -> int:
    """The claim's code, or the guard's status when that is not 1."""
    args = [at, NODE_SKEW, ALLOWED_SKEW, signed, keep_until]
    reply = run(redis.client, "claim", [EPOCH, key], args, at_ms=at)
    return int(reply[3] if reply[0] == 1 else reply[0])


def test_a_claim_passes_once(redis: RedisServer) -> None:
    answers = [claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) for _ in range(50)]
    assert answers == [1] + [0] * 49


def test_what_was_signed_at_the_line_waits_and_a_millisecond_later_passes(redis: RedisServer) -> None:
    line = NOW + MARGIN
    assert claim(redis, signed=line, keep_until=line + 14_000, at=LATER) == -2
    assert redis.client.get(CLAIM) is None
    assert claim(redis, signed=line + 1, keep_until=line + 14_001, at=LATER) == 1


def test_a_claim_at_its_own_end_is_refused_and_a_millisecond_before_it_is_not(redis: RedisServer) -> None:
    end = LATER + 14_000
    assert claim(redis, signed=LATER, keep_until=end, at=end) == -4
    assert claim(redis, signed=LATER, keep_until=end, at=end + 60_000) == -4
    assert redis.client.get(CLAIM) is None
    assert claim(redis, signed=LATER, keep_until=end, at=end - 1) == 1
    assert claim(redis, signed=LATER, keep_until=end, at=end - 1) == 0


def test_an_end_in_the_past_never_passes_although_set_itself_would_say_yes_each_time(redis: RedisServer) -> None:
    past = real_ms() - 5_000
    naive = [redis.client.set("naive", "1", nx=True, pxat=past) for _ in range(3)]
    assert naive == [True, True, True], "the trap that the script has to avoid"
    assert [claim(redis, signed=LATER, keep_until=past, at=LATER) for _ in range(3)] == [-4, -4, -4]


def test_a_record_ends_by_the_servers_own_clock_and_never_passes_again(server: RedisServer) -> None:
    """Real time: one claim every moment until long after its end. Fresh once, then a replay, then over for good."""
    server.client.flushall()
    run(server.client, "claim", [EPOCH], [real_ms(), NODE_SKEW, 0])
    server.client.set(EPOCH, b"0|" + server.client.get(EPOCH).split(b"|")[1])
    end = real_ms() + 150
    answers: list[int] = []
    while real_ms() < end + 150:
        reply = run(server.client, "claim", [EPOCH, CLAIM], [real_ms(), NODE_SKEW, 0, end - 150, end])
        answers.append(reply[3])
    assert answers[0] == 1
    assert set(answers[1:]) == {0, -4}
    assert answers == sorted(answers, reverse=True), "once over, always over"


@pytest.mark.parametrize("offset", [-NODE_SKEW, NODE_SKEW])
def test_clocks_may_differ_by_the_skew_and_not_by_a_millisecond_more(redis: RedisServer, offset: int) -> None:
    before = redis.client.get(EPOCH)
    assert guard(redis, at=LATER, node=LATER + offset)[0] == 1
    beyond = offset + (1 if offset > 0 else -1)
    assert guard(redis, at=LATER, node=LATER + beyond)[0] == -3
    assert redis.client.get(EPOCH) == before


def test_a_lost_epoch_begins_a_new_one(redis: RedisServer) -> None:
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == 1
    redis.client.flushall()
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == -1
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == -2


@pytest.mark.parametrize(
    "change",
    [
        lambda run, evicted, replication: (b"0" * 40, evicted, replication),
        lambda run, evicted, replication: (run, evicted + b"1", replication),
        lambda run, evicted, replication: (run, b"%d" % (int(evicted) + 1), replication),
        lambda run, evicted, replication: (run, evicted, b"0" * 40),
        lambda run, evicted, replication: (run, evicted),
        lambda run, evicted, replication: (run, evicted, replication[:-1]),
        lambda run, evicted, replication: (b"",),
    ],
    ids=["run id", "a digit more", "evicted keys", "replication id", "no replication id", "cut", "empty"],
)
def test_another_life_of_the_server_begins_a_new_epoch(
    redis: RedisServer, change: Callable[..., tuple[bytes, ...]]
) -> None:
    since, life = redis.client.get(EPOCH).split(b"|")
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == 1
    redis.client.set(EPOCH, since + b"|" + b":".join(change(*life.split(b":"))))
    assert guard(redis, at=LATER) == [-1, LATER, LATER + MARGIN]
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == -2


def test_a_real_eviction_begins_a_new_epoch(redis: RedisServer) -> None:
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == 1
    redis.client.config_set("maxmemory-policy", "allkeys-random")
    redis.client.config_set("maxmemory", redis.info("used_memory") + 50_000)
    for number in range(60):
        redis.client.set(f"filler:{number}", "x" * 2_000)
    redis.client.config_set("maxmemory", 0)
    redis.client.config_set("maxmemory-policy", "noeviction")
    assert redis.info("evicted_keys") > 0
    assert claim(redis, signed=LATER, keep_until=LATER + 14_000, at=LATER) == -1


def test_one_bad_claim_of_a_batch_decides_nothing_about_the_others(redis: RedisServer) -> None:
    keys = [f"bta:{{edges.0}}:n:{number:032x}" for number in range(5)]
    times = [(NOW, LATER), (LATER, LATER), (LATER, LATER + 14_000), (LATER, LATER + 14_000), (LATER, LATER + 14_000)]
    redis.client.set(keys[3], "1")
    args = [LATER, NODE_SKEW, ALLOWED_SKEW, *(time for pair in times for time in pair)]
    reply = run(redis.client, "claim", [EPOCH, *keys], args, at_ms=LATER)
    assert reply == [1, LATER, NOW + MARGIN, -2, -4, 1, 0, 1]


# Sessions


def rotate(redis: RedisServer, n: int, *, at: int, grace: int = 1_000) -> list[object]:
    keys = ["bta:{edges.s}:f:ff", "bta:{edges.s}:g:aa"]
    return list(run(redis.client, "rotate", keys, [at, NODE_SKEW, n, grace, 60_000], at_ms=at))


@pytest.fixture
def session(redis: RedisServer) -> RedisServer:
    """One session at rotation 3, exchanged at `NOW`."""
    redis.client.set("bta:{edges.s}:g:aa", "2021222324252627")
    redis.client.set("bta:{edges.s}:f:ff", f"1|2021222324252627|3|{NOW}|{NOW + 60_000}|{NOW + 90_000}|sr25519")
    return redis


def test_the_grace_includes_its_last_millisecond(session: RedisServer) -> None:
    assert rotate(session, 2, at=NOW + 1_000)[0] == 1
    assert rotate(session, 2, at=NOW + 1_001)[0] == -6
    assert rotate(session, 3, at=NOW + 1_001) == [0, b""], "reuse ends the whole session"


def test_a_refresh_never_outlives_the_absolute_end(session: RedisServer) -> None:
    code, record = rotate(session, 3, at=NOW + 50_000)
    assert (code, record.split(b"|")[2:6]) == (  # type: ignore[attr-defined]
        1,
        [b"4", b"%d" % (NOW + 50_000), b"%d" % (NOW + 90_000), b"%d" % (NOW + 90_000)],
    )


@pytest.mark.parametrize("n", [4, 2**32 - 1])
def test_a_rotation_that_the_store_has_forgotten_ends_the_session(session: RedisServer, n: int) -> None:
    assert rotate(session, n, at=NOW) == [0, b""]
    assert session.client.get("bta:{edges.s}:f:ff") is None


@pytest.mark.parametrize("generation", [None, "ffffffffffffffff"])
def test_a_revoked_generation_ends_the_session(session: RedisServer, generation: str | None) -> None:
    if generation is None:
        session.client.delete("bta:{edges.s}:g:aa")
    else:
        session.client.set("bta:{edges.s}:g:aa", generation)
    assert rotate(session, 3, at=NOW) == [0, b""]
    assert session.client.get("bta:{edges.s}:f:ff") is None


def test_a_refresh_by_a_clock_that_is_off_changes_nothing(session: RedisServer) -> None:
    before = session.client.get("bta:{edges.s}:f:ff")
    keys = ["bta:{edges.s}:f:ff", "bta:{edges.s}:g:aa"]
    reply = run(session.client, "rotate", keys, [NOW + NODE_SKEW + 1, NODE_SKEW, 3, 1_000, 60_000], at_ms=NOW)
    assert reply == [-3, b""]
    assert session.client.get("bta:{edges.s}:f:ff") == before


def login(redis: RedisServer, *, at: int, issued: int, family: str) -> list[int]:
    slot = "bta:{edges.s}"
    keys = [f"{slot}:e", f"{slot}:n:{family}", f"{slot}:g:aa", f"{slot}:f:{family}"]
    record = f"0|{at}|{at + 60_000}|{at + 90_000}|sr25519"
    args = [at, NODE_SKEW, 0, issued, at + 120_000, "2021222324252627", record, at + 60_000, at + 90_000]
    return list(run(redis.client, "login", keys, args, at_ms=at))


def test_a_login_that_is_not_fresh_writes_nothing(redis: RedisServer) -> None:
    first = login(redis, at=NOW, issued=NOW, family="ff")
    assert first[0] == -1
    line = first[2]
    assert login(redis, at=line + 1, issued=line, family="ff")[3] == -2
    assert redis.client.keys("bta:{edges.s}:[fgn]:*") == []
    assert login(redis, at=line + 1, issued=line + 1, family="ff")[3] == 1
    assert len(redis.client.keys("bta:{edges.s}:[fgn]:*")) == 3
    redis.client.delete("bta:{edges.s}:f:ff")
    assert login(redis, at=line + 1, issued=line + 1, family="ff")[3] == 0
    assert redis.client.get("bta:{edges.s}:f:ff") is None, "a used challenge creates no session"


# Failing back to a primary that never restarted


def test_a_primary_that_was_a_replica_in_between_begins_a_new_epoch(tmp_path: Path) -> None:
    """Fail over to a replica that lags, and back before anybody claimed anything there: the claim is gone."""
    with RedisServer(tmp_path / "first") as first, RedisServer(tmp_path / "second") as second:
        follow(second, first)
        guard(first, at=NOW)
        wait_until(lambda: second.client.exists(EPOCH), seconds=5, what="the replica holds the epoch")
        second.client.replicaof("NO", "ONE")
        assert claim(first, signed=LATER, keep_until=LATER + 14_000, at=LATER) == 1
        follow(first, second)
        first.client.replicaof("NO", "ONE")
        assert first.client.get(CLAIM) is None, "the claim was lost, or this shows nothing"
        assert claim(first, signed=LATER, keep_until=LATER + 14_000, at=LATER) != 1


def follow(replica: RedisServer, primary: RedisServer) -> None:
    replica.client.replicaof("127.0.0.1", primary.port)
    wait_until(lambda: replica.info("master_link_status") == "up", seconds=10, what="the replica follows")
