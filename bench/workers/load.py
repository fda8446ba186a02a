"""The clients of a server: requests whose bytes are made beforehand, over connections that stay open.

Every answer must be a 200. The CPU time is that of the server's process, read just before and after the load.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
import uuid
from itertools import cycle
from typing import TYPE_CHECKING, Any

import uvloop
from bittensor_auth import Keypair, RequestSigner
from serve import HOTKEYS, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

keypairs = [Keypair.generate("sr25519") for _ in range(HOTKEYS)]
receiver = Keypair.generate("sr25519").ss58_address
loop = uvloop.new_event_loop()


def receiver_address() -> str:
    return receiver


def log_in(port: int, style: str) -> str:
    """A session token."""
    hotkey = keypairs[0].ss58_address
    given = _post(port, "/auth/challenge", {"hotkey": hotkey})
    signature = "0x" + keypairs[0].sign(given["challenge"].encode()).hex()
    proof = {"sealed": given["sealed"]} if style == "ours" else {"challenge": given["challenge"]}
    token: str = _post(port, "/auth/session", {"hotkey": hotkey, "signature": signature, **proof})["session_token"]
    return token


def _post(port: int, path: str, fields: dict[str, str]) -> Any:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(fields).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def is_ready(port: int, style: str) -> bool:
    """Whether a signed request is answered 200: a server that just began to remember refuses for some seconds."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/signed", headers=SIGNED[style]())
    try:
        with urllib.request.urlopen(request):
            return True
    except OSError:
        return False


def cpu_us_each(port: int, pid: int, path: str, style: str, count: int, connections: int, token: str) -> float:
    """CPU time that the server spends on one request, in µs."""
    credentials: dict[str, Callable[[], dict[str, str]]] = {
        "/open": dict,
        "/signed": SIGNED[style],
        "/session": lambda: {"Authorization": f"Bearer {token}"},
    }
    requests = [_encode(port, path, credentials[path]()) for _ in range(count)]
    return loop.run_until_complete(_load(port, pid, requests, connections)) / count / 1000


def _encode(port: int, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: */*", "User-Agent: bench"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _sign_ours() -> dict[str, str]:
    return next(_signers).sign("GET", "/signed")


def _sign_old() -> dict[str, str]:
    """The headers of `bittensor-auth` 0.1.1."""
    keypair = next(_keypairs)
    hotkey, timestamp, nonce = keypair.ss58_address, str(int(time.time())), str(uuid.uuid4())
    signature = "0x" + keypair.sign(f"{hotkey}:{timestamp}:{nonce}".encode()).hex()
    return {"X-Hotkey": hotkey, "X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": signature}


_signers = cycle([RequestSigner(keypair, receiver) for keypair in keypairs])
_keypairs = cycle(keypairs)
SIGNED: dict[str, Callable[[], dict[str, str]]] = {"ours": _sign_ours, "peer": _sign_old}


async def _load(port: int, pid: int, requests: list[bytes], connections: int) -> int:
    waiting = iter(requests)
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: _Client(waiting), "127.0.0.1", port)
        clients.append(client)
    before = _cpu_ns(pid)
    for client in clients:
        client.send_next()
    await asyncio.gather(*(client.done for client in clients))
    spent = _cpu_ns(pid) - before
    for client in clients:
        client.transport.close()
    return spent


def _cpu_ns(pid: int) -> int:
    """CPU time of a process: Linux makes a clock for each (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | 2)


class _Client(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is complete."""

    transport: Any

    def __init__(self, waiting: Iterator[bytes]) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self._waiting = waiting
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def send_next(self) -> None:
        request = next(self._waiting, None)
        if request is None:
            self.done.set_result(None)
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]):
            return
        self._received = b""
        if head.startswith(b"HTTP/1.1 200 "):
            self.send_next()
        else:
            self.done.set_exception(AssertionError(f"expected a 200, got {head[:12]!r} {body[:300]!r}"))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


serve(receiver_address, log_in, is_ready, cpu_us_each)
