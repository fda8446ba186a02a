"""Our package: signing and verifying by hand."""

from __future__ import annotations

import threading
import time
from itertools import cycle, islice

from bittensor_auth import AuthenticationError, Keypair, MemoryStore, RequestSigner, Verifier
from serve import HOTKEYS, WARM_UP, cpu_us_each, serve

METHOD, TARGET, BODY = "POST", "/generate?stream=false", b'{"prompt": "hello"}'
OTHER_BODY = b'{"prompt": "olleh"}'

receiver = Keypair.generate("sr25519").ss58_address
signers = cycle([RequestSigner(Keypair.generate("sr25519"), receiver) for _ in range(HOTKEYS)])
verifier = Verifier(receiver, store=MemoryStore(nothing_accepted_before=True))


def sign(count: int) -> float:
    return cpu_us_each(lambda signer: signer.sign(METHOD, TARGET, BODY), islice(signers, count))


def verify(count: int) -> float:
    return cpu_us_each(_verify, _signed(count))


def refuse(count: int) -> float:
    """Signatures that are well formed and belong to another message."""
    return cpu_us_each(_refuse, _signed(count))


def verify_in_threads(count: int, threads: int) -> float:
    """Verifications a second (wall time), `count` by each thread."""
    batches = [_signed(count) for _ in range(threads)]
    ready = threading.Barrier(threads + 1)

    def run(batch: list[dict[str, str]]) -> None:
        ready.wait()
        for headers in batch:
            _verify(headers)

    running = [threading.Thread(target=run, args=(batch,)) for batch in batches]
    for thread in running:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in running:
        thread.join()
    return count * threads / (time.perf_counter() - started)


def _signed(count: int) -> list[dict[str, str]]:
    return [signer.sign(METHOD, TARGET, BODY) for signer in islice(signers, count)]


def _verify(headers: dict[str, str]) -> None:
    verifier.verify(headers, method=METHOD, target=TARGET, body=BODY)


def _refuse(headers: dict[str, str]) -> None:
    try:
        verifier.verify(headers, method=METHOD, target=TARGET, body=OTHER_BODY)
    except AuthenticationError as failure:
        if failure.code == "bad_signature":
            return
        raise
    raise AssertionError("a signature of another message was accepted")


for _ in range(WARM_UP):
    for headers in _signed(HOTKEYS):
        _verify(headers)
serve(sign, verify, refuse, verify_in_threads)
