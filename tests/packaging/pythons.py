"""The Pythons of this machine, and virtual environments of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

VERSIONS = ((3, 10), (3, 11), (3, 12), (3, 13))
"""What one wheel serves."""


@cache
def interpreters(version: tuple[int, int]) -> list[Path]:
    """Working Pythons of this version: on the path, of pyenv, or the one that runs the tests."""
    name = f"python{version[0]}.{version[1]}"
    on_path = shutil.which(name)
    pyenv = sorted((_pyenv_root() / "versions").glob(f"{version[0]}.{version[1]}.*/bin/{name}"), reverse=True)
    candidates = [*([Path(on_path)] if on_path else []), *pyenv, Path(sys.executable)]
    return [candidate for candidate in candidates if _version_of(candidate) == version]


def _pyenv_root() -> Path:
    """Where pyenv keeps its Pythons."""
    root = os.environ.get("PYENV_ROOT")
    if root is None and (pyenv := shutil.which("pyenv")):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False).stdout.strip()
    return Path(root or Path.home() / ".pyenv")


def _version_of(python: Path) -> tuple[int, int] | None:
    """`None` for a shim of pyenv that leads nowhere."""
    program = "import sys; print(*sys.version_info[:2])"
    asked = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    major, _, minor = asked.stdout.strip().partition(" ")
    return (int(major), int(minor)) if asked.returncode == 0 else None


class Environment:
    """A virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "bin/python"

    @classmethod
    def create(cls, folder: Path, found: list[Path]) -> Environment:
        """A new one of the first Python that can make it: Debian's own come without pip."""
        for python in found:
            made = subprocess.run([python, "-m", "venv", "--clear", folder], capture_output=True, check=False)
            if made.returncode == 0:
                return cls(folder)
        raise AssertionError(f"none of {[*map(str, found)]} can make a virtual environment")

    def pip(self, *arguments: str) -> str:
        """What pip says."""
        return self._run("-m", "pip", "--disable-pip-version-check", "--no-input", *arguments)

    def run(self, program: Path) -> str:
        """What a program prints; warnings are errors."""
        return self._run("-W", "error", "-I", str(program))

    def _run(self, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
        done = subprocess.run([self.python, *arguments], capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
