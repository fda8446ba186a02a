"""Our FastAPI integration: plain routes, routes whose body FastAPI parses, a router and a mounted application."""

from __future__ import annotations

import hashlib
import os
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, File, Form, Request, UploadFile
from pydantic import BaseModel

from apps.ours import opened, settings
from apps.settings import METHODS, seen
from bittensor_auth import Caller
from bittensor_auth.fastapi import HotkeyAuth

auth = HotkeyAuth(**settings())
app = FastAPI()
auth.install(app)
router = APIRouter(prefix="/things")
mounted = FastAPI()
Me = Annotated[Caller, Depends(auth.caller)]


class Prompt(BaseModel):
    text: str
    tokens: int


@app.get("/open")
async def open_to_all() -> dict[str, str]:
    return {"hello": "anybody"}


@app.api_route("/echo{rest:path}", methods=METHODS)
@router.api_route("/echo{rest:path}", methods=METHODS)
@mounted.api_route("/echo{rest:path}", methods=METHODS)
async def echo(request: Request, me: Me) -> dict[str, Any]:
    return seen(request.scope, await request.body(), me.hotkey, me.scheme)


@app.post("/json")
@mounted.post("/json")
async def parsed_json(prompt: Prompt, me: Me) -> dict[str, Any]:
    return {"hotkey": me.hotkey, **prompt.model_dump()}


@app.post("/form")
async def parsed_form(me: Me, text: Annotated[str, Form()], tokens: Annotated[int, Form()]) -> dict[str, Any]:
    return {"hotkey": me.hotkey, "text": text, "tokens": tokens}


@app.post("/upload")
async def uploaded(me: Me, text: Annotated[str, Form()], files: Annotated[list[UploadFile], File()]) -> dict[str, Any]:
    contents = [(file.filename, hashlib.sha256(await file.read()).hexdigest()) for file in files]
    return {"hotkey": me.hotkey, "text": text, "files": contents}


@app.post("/streamed")
async def streamed(request: Request, me: Me) -> dict[str, Any]:
    """Reads the body as a stream, as a handler of large uploads does."""
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
    return {"hotkey": me.hotkey, "sha256": digest.hexdigest()}


@mounted.get("/open")
async def open_below() -> dict[str, str]:
    return {"hello": "anybody"}


if "ORIGIN" in os.environ:
    app.include_router(auth.router())
app.include_router(router, prefix="/api/v1")
app.mount("/below", mounted)
app = opened(app)
