"""One process with several applications, each with one route: all requests find their route in the same time."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

plain = FastAPI()


@plain.get("/open")
async def open_to_all() -> dict[str, str]:
    return {"hotkey": "anybody"}


def beside_open(signed: FastAPI, session: FastAPI) -> Any:
    """`/open` with nothing of any package installed, `/signed`, and the application of everything about sessions."""
    applications = {"/open": plain, "/signed": signed}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await applications.get(scope.get("path"), session)(scope, receive, send)

    return app
