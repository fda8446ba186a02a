"""Projects that have installed the npm package as it would be published."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
JS = ROOT / "js"
PINNED = Path(__file__).with_name("npm")
TOOLS = ROOT / "target" / "packaging" / "npm"
"""Next.js, Vite and others: installed here once. Projects lie below, so that Node finds them."""
INSTALLING = 180
"""How long the tools may take to install, in seconds."""


def pack(folder: Path) -> Path:
    """The tarball that `npm publish` would send."""
    assert (JS / "dist/index.js").exists(), "expected the built npm package: make js/dist/index.js"
    name = npm("pack", "--loglevel", "error", "--pack-destination", str(folder), cwd=JS).strip()
    return folder / name


def install_tools() -> None:
    """Does nothing when they are there already. Raises `subprocess.TimeoutExpired` when they take too long."""
    wanted = {file.name: file.read_text() for file in sorted(PINNED.iterdir())}
    done = TOOLS / ".installed"
    if done.exists() and done.read_text() == wanted["package-lock.json"]:
        _write(TOOLS, wanted)
        return
    _write(TOOLS, wanted)
    # Not `npm ci`: a registry need not have what Next.js names for other platforms.
    npm("install", "--loglevel", "error", cwd=TOOLS, timeout=INSTALLING)
    done.write_text(wanted["package-lock.json"])


def npm(*arguments: str, cwd: Path, timeout: float = 60) -> str:
    """What npm says."""
    ran = subprocess.run(["npm", *arguments], cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


class Project:
    """A folder with the package in its `node_modules`, and nothing else."""

    def __init__(self, folder: Path, tarball: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.write({"package.json": '{"private":true}'})
        npm("install", "--loglevel", "error", "--offline", "--no-audit", "--no-fund", str(tarball), cwd=folder)
        self.package = folder / "node_modules" / "bittensor-auth"

    def without_addon(self) -> Project:
        """As it is on a platform for which there is no addon."""
        addons = list(self.package.glob("dist/engine/*.node"))
        assert addons, "nothing to hide"
        for addon in addons:
            addon.unlink()
        return self

    def write(self, files: dict[str, str]) -> None:
        _write(self.folder, files)

    def run(self, *command: str, **environment: str) -> str:
        """What it prints. Anything on the standard error stream fails the test."""
        ran = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, **environment},
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
        return ran.stdout.strip()

    def tool(self, *path_and_arguments: str) -> str:
        """Runs a tool of `TOOLS` under Node."""
        path, *arguments = path_and_arguments
        return self.run("node", str(TOOLS / path), *arguments)

    def built(self, folder: str, suffix: str) -> list[Path]:
        """What a build left, the largest first."""
        found = [path for path in (self.folder / folder).rglob(f"*{suffix}") if path.is_file()]
        return sorted(found, key=lambda path: -path.stat().st_size)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
