"""The chain's SDK, `bittensor`: the same requests through `http_auth`, with its own default store."""

from __future__ import annotations

from itertools import cycle, islice

from bittensor import http_auth
from bittensor.sp_core import Keypair
from serve import HOTKEYS, cpu_us_each, serve

METHOD, TARGET, BODY = "POST", "/generate?stream=false", b'{"prompt": "hello"}'

keypairs = cycle([Keypair.create_from_uri(f"//bench//{index}") for index in range(HOTKEYS)])
receiver = Keypair.create_from_uri("//bench//receiver").ss58_address


def sign(count: int) -> float:
    return cpu_us_each(_sign, islice(keypairs, count))


def verify(count: int) -> float:
    return cpu_us_each(_verify, [_sign(keypair) for keypair in islice(keypairs, count)])


def _sign(keypair: Keypair) -> dict[str, str]:
    return http_auth.sign(keypair, method=METHOD, path=TARGET, body=BODY, receiver_ss58=receiver)


def _verify(headers: dict[str, str]) -> None:
    http_auth.verify(headers, BODY, method=METHOD, path=TARGET, self_hotkey_ss58=receiver)


serve(sign, verify)
