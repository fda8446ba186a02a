"""The Python environments: ours, the chain's SDK, and the earlier package of our name, which cannot share one with us."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from report import progress

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
NPM_PACKAGE = ROOT / "js"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")


def ours() -> Path:
    """The interpreter that has our package: the environment `BENCH_OURS`, or one made of the newest wheel."""
    if chosen := os.environ.get("BENCH_OURS"):
        return Path(chosen).absolute() / "bin/python"
    return _environment("bench-ours", "requirements-server.txt", wheel())


def peer_sdk() -> Path:
    """The interpreter that has `bittensor`."""
    return _environment("peer-sdk", "requirements-peer-sdk.txt")


def peer_old() -> Path:
    """The interpreter that has `bittensor-auth` 0.1.1."""
    return _environment("peer-old", "requirements-peer-old.txt")


def javascript() -> Path:
    """The Node that has the JavaScript peers, in `js/`; our npm package has to be built."""
    if not NPM_PACKAGE.joinpath("dist/index.js").is_file():
        sys.exit(f"no npm package: expected one in {NPM_PACKAGE / 'dist'} (make js/dist/index.js)")
    node = shutil.which("node")
    if node is None:
        sys.exit("no node: expected Node 20 or newer")
    lock, stamp = BENCH / "js/package-lock.json", BENCH / "js/node_modules/.bench-stamp"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        subprocess.run(["npm", "ci", "--silent"], cwd=BENCH / "js", check=True)
        stamp.write_text(wanted)
    return Path(node)


def wheel() -> Path:
    """Our newest wheel."""
    wheels = sorted((TARGET / "wheels").glob("bittensor_auth-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        sys.exit(
            f"no wheel: expected one in {TARGET / 'wheels'} (maturin build --release -m bindings-python/Cargo.toml)"
        )
    return wheels[-1]


def _environment(name: str, requirements: str, package: Path | None = None) -> Path:
    """Makes an environment, unless the one that is there has exactly this."""
    folder = TARGET / "venvs" / name
    python, stamp = folder / "bin/python", folder / "bench-stamp"
    parts = [path.read_bytes() for path in sorted(BENCH.glob("requirements-*.txt"))]
    parts += [sys.version.encode(), package.read_bytes() if package else b""]
    wanted = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    progress(f"making {folder}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", BENCH / requirements], check=True)
    if package:
        subprocess.run([*install, "--no-deps", package], check=True)
    stamp.write_text(wanted)
    return python
