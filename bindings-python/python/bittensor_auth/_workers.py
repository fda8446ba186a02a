"""Is this the only process that serves this receiver here?"""

from __future__ import annotations

import os
import sys

_held: dict[str, int] = {}
"""Lock files of this process by name; held until it ends."""


def is_only_worker(namespace: str) -> bool:
    """False when the server was started with several workers, or another process holds this namespace's lock."""
    return _configured_workers() <= 1 and _take_lock(namespace)


def _configured_workers() -> int:
    """What the environment and the command line of uvicorn, gunicorn and hypercorn say."""
    counts = [os.environ.get(name, "") for name in ("WEB_CONCURRENCY", "UVICORN_WORKERS")]
    # A worker that uvicorn or gunicorn starts sees the command line of its parent.
    arguments = iter([*sys.argv[1:], *os.environ.get("GUNICORN_CMD_ARGS", "").split()])
    for argument in arguments:
        if argument in ("--workers", "-w"):
            counts.append(next(arguments, ""))
        elif argument.startswith("--workers="):
            counts.append(argument.partition("=")[2])
        elif argument.startswith("-w") and argument[2:].isdigit():
            counts.append(argument[2:])
    return max(int(count) if count.isdigit() else 1 for count in counts)


def _take_lock(namespace: str) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: the command line has to do
        return True
    import tempfile

    name = f"bittensor-auth-{os.getuid()}-{namespace}.lock"
    key = f"{os.getpid()}/{name}"
    if key in _held:
        return True
    flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(os.path.join(tempfile.gettempdir(), name), flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _held[key] = lock
    return True
