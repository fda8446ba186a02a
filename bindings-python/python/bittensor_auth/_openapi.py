"""What `/openapi.json` says about authentication."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from ._errors import ERRORS
from ._problem import PROBLEM_TYPE

_TEXT = {"type": "string"}
_TIME = {"type": "integer", "description": "Unix seconds"}
_MILLIS = {"type": "integer", "description": "Unix milliseconds"}
_SESSION_TOKEN = "SessionToken"
_SESSION_COOKIE = "SessionCookie"
_REFRESH_COOKIE = "RefreshCookie"
_OPTIONAL_HEADERS = {"X-Bittensor-Crypto"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


_PROBLEM = _object(
    {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(ERRORS)},
        "detail": {"type": "string", "description": "What was expected; never what was received"},
        "hint": {"type": "string", "description": "What to do about it"},
        "retry": {"type": "string", "enum": ["never", "resign", "after", "refresh", "login"]},
        "server_time_ms": _MILLIS,
        "request_id": _TEXT,
    },
    {name: {"type": "integer"} for name in ("age_ms", "max_age_ms", "allowed_skew_ms")},
)
_TOKENS = {"session_token": _TEXT, "refresh_token": _TEXT}
_GRANT = {
    "expires_at": _TIME,
    "refresh_expires_at": _TIME,
    "hotkey": _TEXT,
    "role": {"type": ["string", "null"]},
    "server_time_ms": _MILLIS,
}
_DELIVERY = {
    "tokens": {
        "type": "string",
        "enum": ["body", "cookie"],
        "description": "Where tokens go; `cookie` needs an allowed `Origin`",
    }
}


def _route(summary: str, answer: dict[str, Any], body: dict[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
    """Arguments of `add_api_route`. Bodies are read by the core, so FastAPI is only told what they look like."""
    content = {"application/json": {"schema": body}}
    request = {} if body is None else {"requestBody": {"required": True, "content": content}}
    responses: dict[int | str, Any] = {
        200: {"description": "Done", "content": {"application/json": {"schema": answer}}}
    }
    for status in ("400", "401", "403", "413", "503"):
        responses[status] = _problem_response(status)
    return {"summary": summary, "responses": responses, "openapi_extra": {**request, **extra}}


def _problem_response(status: str) -> dict[str, Any]:
    meanings = {
        "400": "The credentials are malformed",
        "401": "The caller is not known",
        "403": "The caller is known and not welcome",
        "413": "The body is too large",
        "503": "The store cannot answer now; the handler did not run",
    }
    header = {"401": "WWW-Authenticate", "503": "Retry-After"}.get(status)
    schema = {"$ref": "#/components/schemas/HotkeyProblem"}
    response: dict[str, Any] = {"description": meanings[status], "content": {PROBLEM_TYPE: {"schema": schema}}}
    if header:
        response["headers"] = {header: {"schema": _TEXT}}
    return response


def routes(*, cookies: bool) -> dict[str, dict[str, Any]]:
    """Arguments of `add_api_route` for each session route, by the name of its handler."""
    by_session: dict[str, Any] = {"security": [{name: []} for name in _session_schemes(cookies)]}
    grant = _object(_GRANT, _TOKENS) if cookies else _object({**_TOKENS, **_GRANT})
    delivery = _DELIVERY if cookies else {}
    refresh_token = {"refresh_token": _TEXT}
    return {
        "challenge": _route(
            "Ask for a text to sign",
            _object({"challenge": _TEXT, "sealed": _TEXT, "expires_at": _TIME, "server_time_ms": _MILLIS}),
            _object({"hotkey": _TEXT}, {"form": {"type": "string", "enum": ["full", "compact"]}}),
        ),
        "log_in": _route(
            "Exchange a signed challenge for a session",
            grant,
            _object({"hotkey": _TEXT, "sealed": _TEXT, "signature": _TEXT}, {"scheme": _TEXT, **delivery}),
        ),
        "refresh": _route(
            "Exchange a refresh token for its successor",
            grant,
            _object({}, {**refresh_token, **delivery}) if cookies else _object(refresh_token),
            **({"security": [{}, {_REFRESH_COOKIE: []}]} if cookies else {}),
        ),
        "log_out": _route(
            "End the session", _object({"ended": {"type": "boolean"}, "server_time_ms": _MILLIS}), None, **by_session
        ),
        "whoami": _route(
            "Whose session is it?",
            _object(
                {
                    "hotkey": _TEXT,
                    "scheme": _TEXT,
                    "role": {"type": ["string", "null"]},
                    "expires_at": _TIME,
                    "server_time_ms": _MILLIS,
                }
            ),
            None,
            **by_session,
        ),
    }


def _session_schemes(cookies: bool) -> list[str]:
    return [_SESSION_TOKEN, _SESSION_COOKIE] if cookies else [_SESSION_TOKEN]


def stand_in(scheme_name: str) -> dict[str, Any]:
    """The scheme that FastAPI itself can express; `describe` replaces it by the whole truth."""
    description = f"{scheme_name}: a btauth/1 signature (all X-Bittensor-* headers) or a session token"
    return {"in": "header", "name": "X-Bittensor-Signature", "description": description}


def describe(openapi: Callable[[], dict[str, Any]], *, cookies: bool) -> Callable[[], dict[str, Any]]:
    """An `app.openapi` that names every header of a signed request, the session token, and the problem answers."""
    done: list[dict[str, Any]] = []

    def described() -> dict[str, Any]:
        schema = openapi()
        # FastAPI caches its schema and gives the same object again.
        if not any(schema is known for known in done):
            done[:] = [schema]
            _rewrite(schema, cookies)
        return schema

    return described


def _rewrite(schema: dict[str, Any], cookies: bool) -> None:
    headers = [name for name in _core.HEADER_NAMES if name not in _OPTIONAL_HEADERS]
    signed: dict[str, list[str]] = {name.replace("-", ""): [] for name in headers}
    session: list[dict[str, list[str]]] = [{name: []} for name in _session_schemes(cookies)]
    meaning = {"HotkeyCaller": [signed, *session], "HotkeySignature": [signed], "HotkeySession": session}
    used = False
    for operations in schema.get("paths", {}).values():
        for operation in operations.values():
            if not isinstance(operation, dict) or "security" not in operation:
                continue
            for name, alternatives in meaning.items():
                if {name: []} in operation["security"]:
                    used = True
                    rest = [entry for entry in operation["security"] if entry != {name: []}]
                    operation["security"] = [*rest, *alternatives]
                    for status in ("401", "403", "503"):
                        operation["responses"].setdefault(status, _problem_response(status))
            used = used or session[0] in operation["security"]
    if not used:
        return
    components = schema.setdefault("components", {})
    components.setdefault("schemas", {})["HotkeyProblem"] = _PROBLEM
    schemes = components.setdefault("securitySchemes", {})
    for name in meaning:
        schemes.pop(name, None)
    for name in headers:
        schemes[name.replace("-", "")] = {"type": "apiKey", "in": "header", "name": name}
    schemes[_SESSION_TOKEN] = {"type": "http", "scheme": "bearer", "bearerFormat": f"{_core.SESSION_PREFIX}…"}
    if cookies:
        for name, cookie in ((_SESSION_COOKIE, _core.SESSION_COOKIE), (_REFRESH_COOKIE, _core.REFRESH_COOKIE)):
            schemes[name] = {"type": "apiKey", "in": "cookie", "name": cookie}
