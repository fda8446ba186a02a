"""Run in a fresh environment: the package works without anything else installed."""

import asyncio
import json
import sysconfig
from collections.abc import Callable

import bittensor_auth
import bittensor_auth.redis  # needs no extra: the client is the user's
from bittensor_auth import BittensorAuthError, Keypair, MemoryStore, Policy, Verifier, sign_request
from bittensor_auth.asgi import HotkeyAuth


def code_of(attempt: Callable[..., object], *arguments: object, **options: object) -> str:
    try:
        attempt(*arguments, **options)
    except BittensorAuthError as failure:
        return failure.code
    return "ok"


key = Keypair.generate("sr25519")
service = Keypair.generate("ed25519").ss58_address
store = MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)
headers = sign_request(key, "POST", "/score?x=1", b"{}", receiver=service)
verifier = Verifier(service, store=store)
request = {"method": "POST", "target": "/score?x=1"}
requests = [
    code_of(verifier.verify, headers, body=b"{ }", **request),
    code_of(verifier.verify, headers, body=b"{}", **request),
    code_of(verifier.verify, headers, body=b"{}", **request),
]


async def session() -> bool:
    auth = HotkeyAuth(service, store=store, policy=Policy.hotkeys([key.ss58_address]), origin="https://a.example")
    asked = await auth.challenge([], json.dumps({"hotkey": key.ss58_address}).encode())
    signature = key.sign(f"<Bytes>{asked['challenge']}</Bytes>".encode()).hex()
    answer = {"hotkey": key.ss58_address, "sealed": asked["sealed"], "signature": signature}
    grant = await auth.log_in([], json.dumps(answer).encode())
    who = await auth.whoami([(b"authorization", f"Bearer {grant['session_token']}".encode())], b"")
    return bool(who["hotkey"] == key.ss58_address)


facts = {
    "version": bittensor_auth.__version__,
    "requests": requests,
    "session": asyncio.run(session()),
    "inside": bittensor_auth.__file__.startswith(sysconfig.get_path("platlib")),
}
print(json.dumps(facts))
