"""What is sent to Redis is what its own client would send."""

from __future__ import annotations

from redis.connection import Connection

from bittensor_auth._redis_wire import _pack


def test_commands_are_packed_as_the_client_packs_them() -> None:
    commands = [("GET", ""), ("EVALSHA", "0" * 40, 1, "key\r\n$1\r\n", -7, 2**64, "κλειδί"), ("SET", "x" * 70_000, 0)]
    expected = b"".join(Connection().pack_commands(commands))
    assert b"".join(_pack(commands)) == expected
