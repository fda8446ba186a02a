"""The FastAPI adapter, in process: dependencies, bodies, sub-applications, start-up and OpenAPI."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, File, Form, UploadFile

from bittensor_auth import Caller, Keypair, MemoryStore, Policy, RequestSigner
from bittensor_auth.fastapi import HotkeyAuth

ORIGIN = "http://testserver"
SERVICE = Keypair.from_seed(bytes([1]) * 32, "sr25519").ss58_address
MINER = Keypair.from_seed(bytes([2]) * 32, "sr25519")


def store() -> MemoryStore:
    return MemoryStore(nothing_accepted_before=True, single_process_acknowledged=True)


def build(**settings: Any) -> tuple[FastAPI, HotkeyAuth]:
    auth = HotkeyAuth(SERVICE, store=store(), origin=ORIGIN, secret="s" * 32, **settings)
    app = FastAPI()
    auth.install(app)
    app.include_router(auth.router())
    By = Annotated[Caller, Depends(auth.caller)]

    @app.get("/open")
    def open_to_all() -> str:
        return "open"

    @app.post("/json")
    def json_body(me: By, number: Annotated[int, Body(embed=True)]) -> dict[str, Any]:
        return {"hotkey": me.hotkey, "number": number}

    @app.post("/form")
    def form_body(me: By, name: Annotated[str, Form()], file: Annotated[UploadFile, File()]) -> dict[str, Any]:
        return {"hotkey": me.hotkey, "name": name, "size": len(file.file.read())}

    @app.get("/twice")
    def twice(me: By, also: Annotated[Caller, Depends(auth.signed)]) -> bool:
        return me == also

    @app.get("/signed")
    def signed(me: Annotated[Caller, Depends(auth.signed)]) -> str:
        return me.via

    @app.get("/session-only")
    def session_only(me: Annotated[Caller, Depends(auth.session)]) -> str:
        return me.via

    sub = FastAPI()

    @sub.get("/who")
    def who(me: By) -> str:
        return me.hotkey

    app.mount("/sub", sub)
    nested = APIRouter(prefix="/nested", dependencies=[Depends(auth.caller)])
    nested.add_api_route("/x", open_to_all)
    app.include_router(nested)
    return app, auth


def call(app: Any, *requests: httpx.Request) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return [await client.send(request) for request in requests]

    return asyncio.run(run())


def later(method: str, url: str, **content: Any) -> Callable[[], httpx.Request]:
    return lambda: signed(method, url, **content)


def signed(method: str, url: str, **content: Any) -> httpx.Request:
    request = httpx.Request(method, ORIGIN + url, **content)
    body = request.read()
    request.headers.update(RequestSigner(MINER, SERVICE).sign(method, request.url.raw_path.decode(), body))
    return request


def log_in(app: Any) -> dict[str, Any]:
    [challenge] = call(app, httpx.Request("POST", ORIGIN + "/auth/challenge", json={"hotkey": MINER.ss58_address}))
    signature = "0x" + MINER.sign(challenge.json()["challenge"].encode()).hex()
    login = {"hotkey": MINER.ss58_address, "sealed": challenge.json()["sealed"], "signature": signature}
    [grant] = call(app, httpx.Request("POST", ORIGIN + "/auth/session", json=login))
    assert grant.status_code == 200
    assert grant.headers["cache-control"] == "no-store"
    return dict(grant.json())


def bearer(token: str, url: str = "/session-only") -> httpx.Request:
    return httpx.Request("GET", ORIGIN + url, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (later("POST", "/json?a=%20b", json={"number": 7}), {"hotkey": MINER.ss58_address, "number": 7}),
        (
            later("POST", "/form", data={"name": "n"}, files={"file": b"12345"}),
            {"hotkey": MINER.ss58_address, "name": "n", "size": 5},
        ),
        (later("GET", "/twice"), True),
        (later("GET", "/sub/who?x="), MINER.ss58_address),
        (later("GET", "/nested/x"), "open"),
        (later("GET", "/open"), "open"),
    ],
)
def test_a_signed_request_reaches_its_handler(request_: Callable[[], httpx.Request], answer: object) -> None:
    [response] = call(build()[0], request_())
    assert (response.status_code, response.json()) == (200, answer)


def test_a_request_passes_once_and_bad_credentials_pass_nowhere() -> None:
    app, _ = build()
    request = signed("POST", "/json", json={"number": 7})
    forged = httpx.Request("GET", ORIGIN + "/open", headers=dict(signed("GET", "/signed").headers))
    codes = [response.status_code for response in call(app, request, request, forged)]
    assert codes == [200, 401, 401]


def test_unsigned_and_malformed_bodies_are_refused_before_they_are_parsed() -> None:
    request = httpx.Request("POST", ORIGIN + "/json", content=b"{not json")
    request.headers.update(RequestSigner(MINER, SERVICE).sign("POST", "/json", b"{other"))
    [response] = call(build()[0], request)
    assert response.json()["code"] == "bad_signature"
    assert response.headers["content-type"] == "application/problem+json"


def test_each_dependency_takes_its_own_proof() -> None:
    app, _ = build()
    token = log_in(app)["session_token"]
    assert [response.json() for response in call(app, bearer(token), signed("GET", "/signed"))] == [
        "session",
        "signature",
    ]
    wrong = call(
        app, bearer(token, "/signed"), signed("GET", "/session-only"), httpx.Request("GET", ORIGIN + "/signed")
    )
    assert [response.json()["code"] for response in wrong] == ["missing_credentials"] * 3
    assert all("www-authenticate" in response.headers for response in wrong)


def test_policy_decides_on_every_request() -> None:
    app, auth = build()
    token = log_in(app)["session_token"]
    auth.policy = Policy.any_hotkey().deny([MINER.ss58_address])
    answers = call(app, bearer(token), signed("GET", "/signed"))
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "hotkey_denied")] * 2


def test_a_sub_application_answers_a_refusal_with_its_status_and_headers() -> None:
    [response] = call(build()[0], httpx.Request("GET", ORIGIN + "/sub/who"))
    assert response.status_code == 401
    assert response.json()["detail"]["code"] == "missing_credentials"
    assert "www-authenticate" in response.headers


def test_a_missing_installation_is_said_and_not_a_bare_500() -> None:
    auth = HotkeyAuth(SERVICE, store=store())
    app = FastAPI()

    @app.get("/")
    def handler(me: Annotated[Caller, Depends(auth.caller)]) -> str:
        return me.hotkey

    [response] = call(app, signed("GET", "/"))
    assert response.json()["detail"]["code"] == "invalid_configuration"
    assert "install" in response.json()["detail"]["detail"]


def test_pages_of_other_origins_cannot_log_in() -> None:
    app, _ = build()
    body = {"hotkey": MINER.ss58_address}
    origins = [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": ORIGIN}, {}]
    requests = [httpx.Request("POST", ORIGIN + "/auth/challenge", json=body, headers=headers) for headers in origins]
    assert [response.status_code for response in call(app, *requests)] == [403, 403, 200, 200]


def test_openapi_names_the_proof_of_every_protected_route_and_of_no_other() -> None:
    [response] = call(build()[0], httpx.Request("GET", ORIGIN + "/openapi.json"))
    schema = response.json()
    secured = {
        path for path, operations in schema["paths"].items() if any("security" in o for o in operations.values())
    }
    assert secured == {
        "/json",
        "/form",
        "/twice",
        "/signed",
        "/session-only",
        "/nested/x",
        "/auth/session",
        "/auth/logout",
    }
    schemes = schema["components"]["securitySchemes"]
    named = {
        name for path in secured for o in schema["paths"][path].values() for s in o.get("security", []) for name in s
    }
    assert named == set(schemes)
    assert schemes["SessionToken"]["scheme"] == "bearer"
    assert len([scheme for scheme in schemes.values() if scheme["type"] == "apiKey"]) == 5
    for status in ("401", "403", "503"):
        content = schema["paths"]["/json"]["post"]["responses"][status]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/HotkeyProblem"}}}
    codes = schema["components"]["schemas"]["HotkeyProblem"]["properties"]["code"]["enum"]
    assert "replayed_request" in codes


def test_sessions_need_an_origin_and_a_real_secret() -> None:
    from bittensor_auth import ConfigurationError

    with pytest.raises(ConfigurationError, match="origin"):
        HotkeyAuth(SERVICE, store=store()).router()
    with pytest.raises(ConfigurationError, match="32"):
        HotkeyAuth(SERVICE, store=store(), origin=ORIGIN, secret="short")
    with pytest.raises(ConfigurationError, match="origin"):
        HotkeyAuth(SERVICE, store=store(), origin="https://dash.example.org/path")
