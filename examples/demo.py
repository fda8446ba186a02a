"""`make demo`: the FastAPI example on a real server, its answers to the honest and the dishonest, and the dashboard.

Exits 0 only if every answer is the one it should be. In a terminal the dashboard stays until Ctrl-C.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bittensor_auth import Keypair, RequestSigner, load_hotkey
from bittensor_auth.httpx import HotkeyAuth

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).parent / "fastapi"
DASHBOARD = Path(__file__).parent / "dashboard"
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Demo:
    """Prints each step and remembers whether all went as expected."""

    def __init__(self) -> None:
        self.failed = 0

    def step(self, what: str, answer: httpx.Response, status: int, **expected: object) -> dict[str, Any]:
        """Shows one answer; it must have this status and these members."""
        body: dict[str, Any] = answer.json()
        good = answer.status_code == status and all(body.get(name) == value for name, value in expected.items())
        self.failed += not good
        mark = paint("✓", 32) if good else paint("✗", 31)
        print(
            f"{mark} {what}\n    {answer.request.method} {answer.request.url.path} → {answer.status_code} {brief(body)}"
        )
        if "hint" in body:
            print(f"    hint: {body['hint']}")
        return body


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bittensor-auth-demo-") as folder:
        receiver = Keypair.generate("sr25519").ss58_address
        write_hotkey(Path(folder), os.urandom(32))
        miner = load_hotkey("demo", "miner", path=folder)
        print(f"a FastAPI server that answers as {receiver}\na miner with the hotkey      {miner.ss58_address}\n")
        demo, port = Demo(), free_port()
        page = f"http://127.0.0.1:{port}"
        with serving(receiver, page) as api, httpx.Client(base_url=api) as http, dashboard(port, api):
            signed_requests(demo, http, miner, receiver, api)
            session(demo, http, miner)
            in_front(demo, page, miner)
            print("\nall as it should be" if not demo.failed else f"\n{demo.failed} answers were not as they should be")
            print(f"the dashboard, for a browser with a wallet: {page}")
            if sys.stdout.isatty():
                stay()
    return 1 if demo.failed else 0


def signed_requests(demo: Demo, http: httpx.Client, miner: Keypair, receiver: str, origin: str) -> None:
    """What a program does."""
    me = {"hotkey": miner.ss58_address}
    auth = HotkeyAuth(miner, receiver=receiver, origins=[origin])
    answer = http.post("/score?round=7", content=b'{"answer": 42}', auth=auth)
    demo.step("a request signed with the hotkey file on disk", answer, 200, **me, via="signature")
    captured = answer.request
    again = http.request(captured.method, captured.url, content=captured.content, headers=captured.headers)
    demo.step("the same bytes again", again, 401, code="replayed_request")
    headers = RequestSigner(miner, receiver).sign("POST", "/score?round=7", b'{"answer": 42}')
    forged = http.post("/score?round=7", content=b'{"answer": 43}', headers=headers)
    demo.step("a signed request with a changed body", forged, 401, code="bad_signature")
    demo.step("a request without credentials", http.post("/score"), 401, code="missing_credentials")


def session(demo: Demo, http: httpx.Client, miner: Keypair) -> None:
    """What a dashboard does; here the key signs the text that a wallet would show."""
    me = {"hotkey": miner.ss58_address}
    challenge = demo.step("a login: the text to sign", http.post("/auth/challenge", json=me), 200)
    print("\n".join(f"    | {line}" for line in challenge["challenge"].split("\n")))
    signature = "0x" + miner.sign(challenge["challenge"].encode()).hex()
    login = {**me, "sealed": challenge["sealed"], "signature": signature}
    first = demo.step("the signed text for a session", http.post("/auth/session", json=login), 200, **me)
    demo.step("the same login again", http.post("/auth/session", json=login), 401, code="challenge_used")
    demo.step("a call with the session", http.post("/score", headers=bearer(first)), 200, **me, via="session")
    refresh = {"refresh_token": first["refresh_token"]}
    second = demo.step("a refresh", http.post("/auth/refresh", json=refresh), 200, **me)
    demo.step("a call with the new token", http.post("/score", headers=bearer(second)), 200, **me, via="session")
    demo.step("a logout", http.post("/auth/logout", headers=bearer(second)), 200, ended=True)
    demo.step("a call after it", http.post("/score", headers=bearer(second)), 401, code="session_ended")


def in_front(demo: Demo, page: str, miner: Keypair) -> None:
    """What a browser gets: the page, and the API below its origin."""
    with httpx.Client(base_url=page, headers={"Origin": page}) as http:
        shown = http.get("/")
        demo.failed += "<title>" not in shown.text
        demo.step("the dashboard's login", http.post("/api/auth/challenge", json={"hotkey": miner.ss58_address}), 200)
        elsewhere = {"Origin": "https://dash.example.net"}
        refused = http.post("/api/auth/challenge", json={"hotkey": miner.ss58_address}, headers=elsewhere)
        demo.step("the same for a page of somebody else", refused, 403, code="origin_refused")


def stay() -> None:
    """Until Ctrl-C."""
    print("Ctrl-C ends it")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(receiver: str, page: str) -> Iterator[str]:
    """The API on a free port, for people who log in at `page`; stopped afterwards."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
    env = {**os.environ, "RECEIVER": receiver, "ORIGIN": page, "FIRST_START": "1"}
    env.pop("REDIS_URL", None)
    with running(command, APP, env, f"http://127.0.0.1:{port}") as api:
        yield api


@contextmanager
def dashboard(port: int, api: str) -> Iterator[str]:
    """The built dashboard, with the API below `/api`."""
    command = ["node", "node_modules/vite/bin/vite.js", "preview", "--port", str(port), "--strictPort"]
    with running(
        [*command, "--logLevel", "warn"], DASHBOARD, {**os.environ, "API_URL": api}, f"http://127.0.0.1:{port}"
    ) as page:
        yield page


@contextmanager
def running(command: list[str], folder: Path, env: dict[str, str], origin: str) -> Iterator[str]:
    """A server as a child process, ready."""
    with subprocess.Popen(command, cwd=folder, env=env) as server:
        try:
            wait_for(origin, server)
            yield origin
        finally:
            server.terminate()


def wait_for(origin: str, server: subprocess.Popen[bytes]) -> None:
    """Returns when the server answers; a server that ends instead has said why on stderr."""
    for _ in range(200):
        try:
            httpx.get(origin)
            return
        except httpx.TransportError:
            if server.poll() is not None:
                break
            time.sleep(0.05)
    raise SystemExit("the demo's server did not start")


def write_hotkey(root: Path, seed: bytes) -> None:
    """A plaintext hotkey file as `btcli` writes one: wallet `demo`, hotkey `miner`, readable by its owner only."""
    file = root / "demo" / "hotkeys" / "miner"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o600)
    pair = Keypair.from_seed(seed, "sr25519")
    public = "0x" + pair.public_key.hex()
    fields = {
        "accountId": public,
        "publicKey": public,
        "secretSeed": "0x" + seed.hex(),
        "ss58Address": pair.ss58_address,
    }
    file.write_text(json.dumps(fields))


def bearer(grant: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {grant['session_token']}"}


def brief(body: dict[str, Any]) -> str:
    """The members that matter, cut to one line; tokens are not for screens."""
    shown: dict[str, Any] = {
        name: body[name] for name in ("code", "detail", "hotkey", "via", "expires_at", "ended") if name in body
    }
    for token in ("session_token", "refresh_token"):
        if token in body:
            shown[token] = body[token][:5] + "…"
    return json.dumps(shown, ensure_ascii=False)


def paint(text: str, colour: int) -> str:
    return f"\033[{colour}m{text}\033[0m" if COLOUR else text


if __name__ == "__main__":
    sys.exit(main())
