"""The port that a replay node listens on: an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from .calls import HANDSHAKE, Call
from .faults import Fault
from .rpc import PARSE_ERROR

if TYPE_CHECKING:
    from .replay_node import ReplayNode

LONGEST_REQUEST = 8 << 20


class Server:
    """Starts, stops and starts again on one port."""

    def __init__(self, node: ReplayNode, port: int) -> None:
        self.port = port
        self._node = node
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runner: web.AppRunner | None = None

    def start(self) -> None:
        if self._loop:
            raise RuntimeError("start: expected a node that does not serve")
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="replay node", daemon=True)
        self._thread.start()
        self._run(self._listen(listener))

    def stop(self) -> None:
        if not self._loop or not self._thread:
            return
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = self._runner = None

    def close_connections(self) -> None:
        if self._loop:
            self._run(self._abort())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self, listener: socket.socket) -> None:
        application = web.Application(client_max_size=LONGEST_REQUEST)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def _close(self) -> None:
        assert self._runner
        for site in list(self._runner.sites):
            await site.stop()
        await self._abort()
        await self._runner.cleanup()

    async def _abort(self) -> None:
        if self._runner and self._runner.server:
            for connection in list(self._runner.server.connections):
                if connection.transport:
                    connection.transport.abort()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await _Socket(self._node, request).serve()
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        return await _Post(self._node, request).serve()


class _Over(Exception):
    """The call ends without a JSON-RPC answer."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


class _Exchange:
    """One message and its answer, however it came."""

    transport: str

    def __init__(self, node: ReplayNode, request: web.Request) -> None:
        self._node = node
        self._request = request

    async def _answer(self, text: str | bytes) -> tuple[str, Fault | None]:
        """The answer, and the fault that cuts it in half if there is one."""
        try:
            message = json.loads(text)
        except ValueError:
            error = {"code": PARSE_ERROR, "message": "Parse error"}
            return _text({"jsonrpc": "2.0", "id": None, "error": error}), None
        requests = message if isinstance(message, list) else [message]
        is_batch = isinstance(message, list)
        responses, met = [], []
        for request in requests:
            call = Call.of(request, self.transport, is_batch=is_batch)
            faults = await self._met(call) if call else []
            met += faults
            responses.append(self._node.respond(request, call, faults))
            if any(fault.kind == "no_batch" for fault in faults):
                return _text({**responses[0], "id": None}), None
        body = _text(responses if is_batch else responses[0])
        for fault in met:
            body = fault.written(body)
        return body, next((fault for fault in met if fault.kind == "half"), None)

    async def _met(self, call: Call) -> list[Fault]:
        faults = self._node.meet(call)
        for fault in faults:
            if fault.kind == "delay":
                await asyncio.sleep(fault.options["seconds"])
            elif fault.ends_transport and fault.kind != "half":
                raise _Over(fault)
        return faults

    def _abort(self) -> None:
        if self._request.transport:
            self._request.transport.abort()

    def _refused(self, fault: Fault) -> web.StreamResponse:
        """What HTTP gets instead of an answer."""
        options = fault.options
        if fault.kind != "status":
            self._abort()
            return web.Response()
        headers = {name: str(value) for name, value in options["headers"].items()}
        if options["retry_after"] is not None:
            headers["Retry-After"] = str(options["retry_after"])
        return web.Response(status=options["status"], headers=headers, text=options["body"])


class _Post(_Exchange):
    transport = "http"

    async def serve(self) -> web.StreamResponse:
        try:
            body, half = await self._answer(await self._request.read())
        except _Over as over:
            return self._refused(over.fault)
        if half is None:
            return web.Response(text=body, content_type="application/json")
        data = body.encode()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(data)
        await response.prepare(self._request)
        await response.write(data[: len(data) // 2])
        if self._request.transport:
            self._request.transport.close()
        return response


class _Socket(_Exchange):
    transport = "ws"

    async def serve(self) -> web.StreamResponse:
        try:
            await self._met(Call(HANDSHAKE, [], self.transport))
        except _Over as over:
            return self._refused(over.fault)
        socket = web.WebSocketResponse(max_msg_size=LONGEST_REQUEST, compress=False)
        await socket.prepare(self._request)
        async with _Tasks() as tasks:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    tasks.start(self._reply(socket, message.data))
        return socket

    async def _reply(self, socket: web.WebSocketResponse, text: str | bytes) -> None:
        try:
            body, half = await self._answer(text)
        except _Over as over:
            if over.fault.kind == "drop":
                self._abort()
            else:
                # A gateway that refuses a call on an open connection closes it.
                await socket.close(code=over.fault.options.get("code", 1008))
            return
        if half is None:
            await socket.send_str(body)
        elif self._request.transport:
            data = body.encode()
            final_text, length_of_64_bits = 0x81, 127
            frame = bytes([final_text, length_of_64_bits]) + len(data).to_bytes(8, "big") + data
            self._request.transport.write(frame[: len(frame) // 2])
            self._request.transport.close()


class _Tasks:
    """Answers under way: a slow one holds up no other, and none outlives its connection."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> _Tasks:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _text(message: Any) -> str:
    return json.dumps(message, separators=(",", ":"))
