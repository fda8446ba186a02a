"""What the matrix of clients and servers consists of, what differs in it, and the page that shows it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from differences import DIFFERENCES, Difference
from raw import ask
from sdk_client import sign
from servers import Server
from targets import BARE_QUESTION_MARK, TARGETS, Target

SERVERS = {
    "FastAPI, uvicorn": "fastapi-httptools",
    "ASGI, hypercorn": "starlette-hypercorn",
    "Express 5": "node-express-5",
    "Fastify 5": "node-fastify",
    "Hono 4": "node-hono",
    "axum 0.8": "axum",
}
STORES = ["memory", "Redis"]
METHODS = ["POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Body:
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


BODIES = [Body(b"\x00\xff\r\n"), Body("grüße ☃".encode()), Body(bytes(range(256)) * 4_096)]


@dataclass
class Cell:
    """What one client got from one server."""

    accepted: int = 0
    marks: list[str] = field(default_factory=list)

    def take(self, mark: str | None) -> None:
        if mark is None:
            self.accepted += 1
        else:
            self.marks.append(mark)

    def __str__(self) -> str:
        return " ".join([str(self.accepted), *(f"({mark})" for mark in self.marks)])


def assert_accepted_once(here: Server, there: Server) -> None:
    """Servers of one service."""
    headers = sign(here, "POST", "/echo", b"body")
    answers = [ask(server.port, "POST", "/echo", headers, b"body") for server in (here, there, here)]
    assert [answer.status for answer in answers] == [200, 401, 401]
    assert {answer.json()["code"] for answer in answers[1:]} == {"replayed_request"}


def assert_refused_elsewhere(here: Server, there: Server) -> None:
    """Servers of two services."""
    headers = sign(here, "POST", "/echo", b"body")
    answers = [ask(server.port, "POST", "/echo", headers, b"body") for server in (there, here)]
    assert [answer.status for answer in answers] == [401, 200]
    assert answers[0].json()["code"] == "wrong_receiver"


def render(
    clients: list[str], cells: Mapping[tuple[str, str, str], Cell], across: Mapping[tuple[str, str], str]
) -> str:
    """The page, whole. `across`: what became of a session at two servers."""
    first, second = STORES
    pairs = [(server, client) for server in SERVERS for client in clients]
    differing = [(at, by) for at, by in pairs if str(cells[first, at, by]) != str(cells[second, at, by])]
    assert not differing, f"a store changed what is accepted: {differing}"
    rows = [[client, *(str(cells[first, server, client]) for server in SERVERS)] for client in clients]
    total = len(TARGETS) + 1
    return PAGE.format(
        targets=total,
        matrix=_table(["client", *SERVERS], rows),
        exceptions=_table(
            ["", "server", "target", "answer", "because"],
            [[f"({each.mark})", _labels(each), f"`{each.wire}`", each.answer, each.reason] for each in DIFFERENCES],
        ),
        across=_table(["login at", *SERVERS], [[row, *(across[row, column] for column in SERVERS)] for row in SERVERS]),
        awkward=_table(["target", "as it is given"], [[each.name, _code(each.given)] for each in _awkward()]),
        methods=", ".join(f"`{method}`" for method in METHODS),
        bodies=", ".join(f"{len(body.data):,}" for body in BODIES),
    )


def _labels(difference: Difference) -> str:
    return "; ".join(label for label, flavour in SERVERS.items() if flavour in difference.flavours)


def _awkward() -> list[Target]:
    return [*TARGETS, BARE_QUESTION_MARK]


def _code(text: str) -> str:
    """As code in a cell of a table, shortened."""
    short = text if len(text) <= 60 else f"{text[:20]}… ({len(text)} characters)"
    quote = "``" if "`" in text else "`"
    return f"{quote}{short}{quote}".replace("|", "\\|")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


PAGE = """\
# Who gets in where

Written by `tests/interop/run --matrix`, and checked by every run of `tests/interop/run`. Do not edit.

Each client sends signed requests to each server, over HTTP/1.1: the {targets} targets below, with `GET`; the methods
{methods} with a body; bodies of {bodies} bytes; and one request that is signed for another
receiver, which is refused (`wrong_receiver`). Then it logs in, uses the session and logs out, and the token is refused.
The number says how many targets were accepted, each seen by the handler exactly as it was signed. Letters are the
exceptions. All of it holds on memory and on one Redis that all six servers share, with the same numbers.

{matrix}

- The Python clients are `HotkeyAuth` of `bittensor_auth.httpx`, `.requests` and `.aiohttp`. For sessions, httpx takes
  `SessionClient`; the other two post the session routes themselves.
- Node and Chromium run `hotkeyFetch` and `createHotkeyAuth` of `bittensor-auth/client`. In Chromium it is the browser
  build with its WebAssembly, in a page of another origin than the servers, with CORS.
- Rust runs `HotkeySigner` of `bittensor-auth-server`, and posts the session routes by reqwest.
- `bittensor 11.3.0` is the SDK's `sign` with httpx, as its guide shows it, and nothing of ours.

## Exceptions

Nothing is accepted in another form than it was signed in. These are refused:

{exceptions}

## One session at two servers

All servers on one Redis, with one secret. The challenge comes from the server of the row and is answered at that of the
column, and the other way round; both accept the token, each refreshes it, and a logout at one ends it at both.
Likewise a signed request that one of them accepted is a copy (`replayed_request`) at the other. The table names the
scheme of the key that logged in.

{across}

## Targets

{awkward}
"""
