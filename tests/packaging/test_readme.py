"""What the READMEs show: the server is served as it stands, and the client calls it."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest

from bittensor_auth import Keypair, sign_request
from snippets import Snippet, snippets
from support.processes import Process, free_port, wait_until

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "bindings-python/README.md"]
BLOCKS = [snippet for path in READMES for snippet in snippets(path)]


def of(*languages: str) -> list[Snippet]:
    return [block for block in BLOCKS if block.language in languages]


def marked(path: Path, role: str) -> Snippet | None:
    """The block of a README with this role."""
    found = [block for block in snippets(path) if block.role == role]
    assert len(found) <= 1
    return found[0] if found else None


def is_accepting(url: str, receiver: str) -> bool:
    """A server that just started cannot rule out replays for some seconds, and says so."""
    headers = sign_request(Keypair.generate("sr25519"), "POST", httpx.URL(url).path, receiver=receiver)
    try:
        answer = httpx.post(url, headers=headers, trust_env=False)
    except httpx.TransportError:
        return False
    assert answer.status_code == 200 or answer.json()["code"] == "store_warming", answer.text
    return answer.status_code == 200


def wallet_of(code: str, folder: Path) -> Keypair:
    """A hotkey file for the reference `wallet/hotkey` that a client is made with."""
    references = re.findall(r'HotkeyAuth\(\s*"([\w-]+)/([\w-]+)"', code)
    assert len(references) == 1, "expected a client with one wallet reference"
    wallet, hotkey = references[0]
    seed = os.urandom(32)
    path = folder / wallet / "hotkeys" / hotkey
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"secretSeed": f"0x{seed.hex()}"}))
    path.chmod(0o600)
    return Keypair.from_seed(seed, "sr25519")


@pytest.mark.parametrize("readme", READMES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_client_calls_the_server(readme: Path, tmp_path: Path) -> None:
    server, client = marked(readme, "server"), marked(readme, "client")
    if server is None or client is None:
        assert readme != READMES[0], "expected blocks marked <!-- test: server --> and <!-- test: client -->"
        pytest.skip("no block is marked")
    (route,) = re.findall(r'@app\.post\("(/\w+)"\)', server.code)
    (receiver,) = {*re.findall(r'receiver="(5\w{47})"', server.code + client.code)}
    origin = f"http://127.0.0.1:{(port := free_port())}"
    (tmp_path / "app.py").write_text(server.code)
    program = tmp_path / "client.py"
    program.write_text(re.sub(r"http://127\.0\.0\.1:8000\b", origin, client.code))
    keypair = wallet_of(client.code, tmp_path / "wallets")

    command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(tmp_path), "--port", str(port)]
    uvicorn = Process(command, log=tmp_path / "uvicorn.log")
    try:
        wait_until(lambda: is_accepting(origin + route, receiver), seconds=30, what="the server accepts requests")
        environment = {**os.environ, "BT_WALLET_PATH": str(tmp_path / "wallets")}
        command = [sys.executable, "-W", "error", str(program)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    finally:
        uvicorn.end()
    assert done.returncode == 0, done.stderr
    # One was sent while waiting, one by the client.
    assert uvicorn.log.count(f'"POST {route} HTTP/1.1" 200 OK') == 2, uvicorn.log
    assert "print(" not in client.code or keypair.ss58_address in done.stdout


@pytest.mark.parametrize("block", of("python"), ids=lambda block: block.name)
def test_python_compiles_and_imports_what_there_is(block: Snippet) -> None:
    tree = ast.parse(block.code)
    imports: list[ast.stmt] = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    exec(compile(ast.Module(imports, []), block.name, "exec"), {})


@pytest.mark.parametrize("block", of("bash", "sh"), ids=lambda block: block.name)
def test_commands_can_be_typed(block: Snippet, archive: zipfile.ZipFile, version: str) -> None:
    subprocess.run(["bash", "-n"], input=block.code, text=True, check=True)
    metadata = message_from_bytes(archive.read(f"bittensor_auth-{version}.dist-info/METADATA"))
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in block.code.splitlines():
        match shlex.split(line, comments=True):
            case ["pip", "install", requirement, *_]:
                extras = re.findall(r"\[([\w,]+)\]", requirement)
                assert {extra for group in extras for extra in group.split(",")} <= {
                    *metadata.get_all("Provides-Extra", [])
                }
            case ["make", target]:
                assert target in targets


def test_both_readmes_have_blocks() -> None:
    assert {block.name.partition("/")[0] for block in of("python")} == {path.parent.name for path in READMES}
    roles = [block.role for block in snippets(READMES[0]) if block.role]
    assert roles == ["server", "client"]
