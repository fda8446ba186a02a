"""The same controls over HTTP, for tests in other languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from .blocks import Block
from .replay_node import ReplayNode
from .subnet import Row, Subnet


def control(node: ReplayNode) -> web.Application:
    """An application whose every answer is JSON; what cannot be done is a 400 that says what was expected."""
    routes: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
        ("GET", "/"): lambda _: _state(node),
        ("GET", "/calls"): lambda _: _calls(node),
        ("DELETE", "/calls"): lambda _: node.forget_calls(),
        ("GET", "/faults"): lambda _: {str(number): fault.as_json() for number, fault in node.faults.items()},
        ("POST", "/faults"): lambda fault: {"fault": node.fail(**fault)},
        ("DELETE", "/faults"): lambda _: node.heal(),
        ("POST", "/heal"): lambda which: node.heal(int(which["fault"])),
        ("POST", "/changes"): lambda change: _block(node.change(**change)),
        ("POST", "/invent"): lambda subnet: _block(node.put(Subnet.invented(**subnet))),
        ("POST", "/advance"): lambda blocks: _block(node.advance(**blocks)),
        ("POST", "/upgrade"): lambda runtime: _block(node.upgrade(**runtime)),
        ("DELETE", "/connections"): lambda _: node.close_connections(),
        ("POST", "/stop"): lambda _: node.stop(),
        ("POST", "/start"): lambda _: node.start(),
    }
    application = web.Application()
    for (method, path), action in routes.items():
        application.router.add_route(method, path, _handler(action))
    return application


def _handler(action: Callable[[dict[str, Any]], Any]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        try:
            text = await request.text()
            arguments = json.loads(text) if text else {}
            if not isinstance(arguments, dict):
                raise ValueError("the body: expected a JSON object")
            return web.json_response(action(arguments) or {})
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


def _block(block: Block) -> dict[str, Any]:
    return {"number": block.number, "hash": block.hash, "time_ms": block.time_ms}


def _state(node: ReplayNode) -> dict[str, Any]:
    head = node.chain.head
    return {
        "http": node.url,
        "ws": node.ws_url,
        "genesis": node.chain.genesis,
        "spec_version": head.runtime.spec_version,
        "head": _block(head),
        "subnet": head.subnet and _subnet(head.subnet),
    }


def _subnet(subnet: Subnet) -> dict[str, Any]:
    return {
        "netuid": subnet.netuid,
        "registered_at": subnet.registered_at,
        "owner_hotkey": "0x" + subnet.owner_hotkey.hex(),
        "owner_coldkey": "0x" + subnet.owner_coldkey.hex(),
        "tempo": subnet.tempo,
        "last_step": subnet.last_step,
        "rows": [_row(row) for row in subnet.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in asdict(row).items()}


def _calls(node: ReplayNode) -> dict[str, Any]:
    return {
        "counts": dict(node.counts),
        "total": len(node.calls),
        "handshakes": node.handshakes,
        "calls": [{"method": call.method, "params": call.params, "transport": call.transport} for call in node.calls],
    }
