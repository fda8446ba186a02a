"""Servers for the whole run, and clients that keep their connections."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from clients import CLIENTS, TIMEOUT, Client
from servers import FLAVOURS, Server, running


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    with running(list(FLAVOURS), tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """The server of the flavour that a test is parametrised with."""
    return servers[request.param]


@pytest.fixture(scope="session")
def clients() -> Iterator[dict[str, Client]]:
    opened = {name: kind() for name, kind in CLIENTS.items()}
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture
def client(request: pytest.FixtureRequest, clients: dict[str, Client]) -> Client:
    """Our client of the kind that a test is parametrised with."""
    return clients[request.param]


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """A client that knows nothing of us."""
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
        yield client
