"""The command and its control endpoint, as tests in other languages use them."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.processes import Process, wait_until

from . import FOLDER, invented_key

NODE = Path(__file__).with_name("node.py")


class Command:
    def __init__(self, log: Path, *options: str) -> None:
        self.process = Process([sys.executable, "-B", str(NODE), *options], log=log)
        wait_until(lambda: "\n" in self.process.log, seconds=20, what="the node says where it listens")
        self.urls = json.loads(self.process.log.splitlines()[0])

    def control(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = httpx.request(method, self.urls["control"] + path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def ask(self, method: str, *params: Any) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        response: dict[str, Any] = httpx.post(self.urls["http"], json=request).json()
        return response


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "node.log", "--members", "3", "--netuid", "9", "--start-ms", "1750000000000")
    yield command
    command.process.send(signal.SIGTERM)
    assert command.process.wait(5) == 0
    assert len(command.process.log.splitlines()) == 1, command.process.log


def test_everything_can_be_driven_over_http(command: Command) -> None:
    state = command.control("GET", "/")
    assert (state["subnet"]["netuid"], len(state["subnet"]["rows"])) == (9, 3)
    assert state["head"]["time_ms"] == 1_750_000_000_000
    assert (state["http"], state["ws"]) == (command.urls["http"], command.urls["ws"])

    facts = {"hotkey": "0x" + "05" * 32, "coldkey": "0x" + "06" * 32, "alpha": 7}
    block = command.control("POST", "/changes", {"kind": "register", **facts})
    assert (block["number"], command.ask("chain_getFinalizedHead")["result"]) == (1_001, block["hash"])
    row = command.control("GET", "/")["subnet"]["rows"][3]
    assert facts.items() <= row.items()

    fault = command.control("POST", "/faults", {"kind": "error", "code": -32_005, "method": "system_chain", "times": 9})
    assert command.ask("system_chain")["error"]["code"] == -32_005
    assert command.control("GET", "/faults")[str(fault["fault"])]["met"] == 1
    command.control("POST", "/heal", fault)
    assert command.ask("system_chain")["result"] == "Bittensor"
    command.control("POST", "/faults", {"kind": "genesis"})
    command.control("DELETE", "/faults")
    assert command.control("GET", "/faults") == {}

    calls = command.control("GET", "/calls")
    assert calls["counts"] == {"chain_getFinalizedHead": 1, "system_chain": 2}
    assert (calls["total"], calls["handshakes"], calls["calls"][0]["transport"]) == (3, 0, "http")
    command.control("DELETE", "/calls")
    assert command.control("GET", "/calls")["total"] == 0

    assert command.control("POST", "/advance", {"blocks": 4})["number"] == 1_005
    assert command.control("POST", "/upgrade", {"spec_version": 500})["number"] == 1_006
    assert command.control("GET", "/")["spec_version"] == 500
    command.control("POST", "/invent", {"members": 30, "netuid": 9})
    rows = command.control("GET", "/")["subnet"]["rows"]
    assert rows[29]["hotkey"] == "0x" + invented_key("hotkey", 29).hex()


def test_the_node_goes_away_and_comes_back(command: Command) -> None:
    command.control("DELETE", "/connections")
    command.control("POST", "/stop")
    with pytest.raises(httpx.ConnectError):
        command.ask("system_chain")
    command.control("POST", "/start")
    assert command.ask("system_chain")["result"] == "Bittensor"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/faults", {"kind": "unheard"}),
        ("/faults", {}),
        ("/faults", {"kind": "drop", "seconds": 1}),
        ("/faults", [1]),
        ("/heal", {"fault": 7}),
        ("/heal", {}),
        ("/changes", {"kind": "deregister", "hotkey": "0x" + "01" * 32}),
        ("/changes", {"kind": "register", "hotkey": 7, "coldkey": 7}),
        ("/advance", {"blocks": "x"}),
        ("/upgrade", {}),
        ("/start", None),
    ],
)
def test_what_cannot_be_done_says_so(command: Command, path: str, body: Any) -> None:
    assert command.control("POST", path, body, status=400)["error"]
    assert command.control("GET", "/")["head"]["number"] == 1_000


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")
def test_recordings_are_served(tmp_path: Path) -> None:
    command = Command(tmp_path / "node.log", "--recording", str(FOLDER))
    state = command.control("GET", "/")
    assert (state["head"]["number"], len(state["subnet"]["rows"])) == (6_852_690, 1_024)
    assert command.ask("chain_getHead")["result"] == state["head"]["hash"]
    command.process.end()
