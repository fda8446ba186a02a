"""A real HTTP server on 127.0.0.1 that verifies signatures and remembers what arrived."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time_ns
from typing import Any, NamedTuple

from bittensor_auth import BittensorAuthError, Keypair, MemoryStore, Verifier
from bittensor_auth._problem import Problem

SERVICE = Keypair.from_seed(bytes([1]) * 32, "sr25519").ss58_address
MINER = Keypair.from_seed(bytes([2]) * 32, "sr25519")
SECOND = 1_000_000_000


class Seen(NamedTuple):
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def nonce(self) -> str | None:
        return next(iter(self.header("X-Bittensor-Nonce")), None)

    @property
    def credentials(self) -> list[str]:
        return [key for key, _ in self.headers if key.lower().startswith(("x-bittensor", "authorization"))]


Answer = tuple[int, dict[str, str], bytes]


class Loopback:
    """Verifies every request, except those whose path has an answer in `answers` (a list is used up one by one)."""

    def __init__(self, receiver: str = SERVICE, clock: Callable[[], int] = time_ns) -> None:
        store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
        self.verifier = Verifier(receiver, store=store, clock=clock, schemes=("sr25519", "ed25519"), body_limit=4 << 20)
        self.clock = clock
        self.seen: list[Seen] = []
        self.answers: dict[str, Answer | list[Answer]] = {}
        self.origin = ""

    @property
    def nonces(self) -> list[str]:
        return [seen.nonce for seen in self.seen if seen.nonce is not None]

    def answer(self, seen: Seen) -> Answer:
        canned = self.answers.get(seen.target.partition("?")[0])
        if isinstance(canned, list):
            canned = canned.pop(0) if canned else None
        if canned is not None:
            return canned
        try:
            caller = self.verifier.verify(seen.headers, method=seen.method, target=seen.target, body=seen.body)
        except BittensorAuthError as failure:
            return self.refuse(failure)
        fields = {"hotkey": caller.hotkey, "method": seen.method, "target": seen.target, "size": len(seen.body)}
        return 200, {"Content-Type": "application/json"}, json.dumps(fields).encode()

    def refuse(self, failure: BittensorAuthError, now_ns: int | None = None) -> Answer:
        problem = Problem(failure, realm="test", now_ns=now_ns or self.clock(), request_id="r")
        status, headers, body = problem.encode()
        return status, {name.decode(): value.decode() for name, value in headers}, body


@contextmanager
def loopback(**settings: Any) -> Iterator[Loopback]:
    service = Loopback(**settings)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _handle(self) -> None:
            # A proxied request has the absolute form.
            target = "/" + self.path.split("/", 3)[3] if self.path.startswith("http://") else self.path
            seen = Seen(self.command, target, list(self.headers.items()), self._body())
            service.seen.append(seen)
            status, headers, body = service.answer(seen)
            self.send_response_only(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _handle

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Signer:
    """A foreign key pair; `shape` is what its `sign` returns."""

    def __init__(self, shape: str = "bytes", keypair: Keypair = MINER, claims: Keypair | None = None) -> None:
        self._keypair = keypair
        self._shape = shape
        self.ss58_address = (claims or keypair).ss58_address
        self.crypto_type = 1 if keypair.scheme == "sr25519" else 0
        self.signed: list[bytes] = []

    def sign(self, message: bytes) -> Any:
        self.signed.append(message)
        signature = self._keypair.sign(message)
        if self._shape == "async":
            return self._later(signature)
        shapes = {"bytes": signature, "typed": bytes([self.crypto_type]) + signature, "hex": "0x" + signature.hex()}
        return shapes[self._shape]

    async def _later(self, signature: bytes) -> bytes:
        return signature
