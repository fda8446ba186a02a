"""Runs a replay node with its control endpoint until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from aiohttp import web

from chain import Chain, Recording, ReplayNode, Runtime, Subnet
from chain.control import control


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of HTTP and WebSocket; 0 for any")
    parser.add_argument("--control-port", type=int, default=0, help="of the control endpoint; 0 for any")
    parser.add_argument("--netuid", type=int, default=7)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--spec-version", type=int, default=461)
    parser.add_argument("--start-ms", type=int, help="time of the first block; later ones follow every 12 s")
    parser.add_argument("--recording", type=Path, metavar="FOLDER", help="serve the recordings that are there")
    options = parser.parse_args()
    if options.recording:
        chain: Chain = Recording(options.recording)
    else:
        subnet = Subnet.invented(members=options.members, netuid=options.netuid)
        chain = Chain(subnet, start_ms=options.start_ms, runtime=Runtime(options.spec_version))
    with ReplayNode(chain, port=options.port) as node:
        asyncio.run(_serve(node, options.control_port))


async def _serve(node: ReplayNode, port: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(control(node), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    address = runner.addresses[0]
    print(json.dumps({"http": node.url, "ws": node.ws_url, "control": f"http://127.0.0.1:{address[1]}"}), flush=True)
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    main()
