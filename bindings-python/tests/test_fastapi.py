"""The FastAPI adapter, in process: dependencies, bodies, sub-applications, start-up and OpenAPI."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, File, Form, Request, UploadFile
from starlette.exceptions import HTTPException

from bittensor_auth import Caller, Keypair, MemoryStore, Policy, RequestSigner
from bittensor_auth.asgi import HotkeyAuthMiddleware
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


def test_a_signed_request_that_a_route_does_not_take_is_not_claimed() -> None:
    """It may go to a route that does; nor does a refused proof spoil another dependency's."""
    app, auth = build()
    app.add_api_route("/session-only", lambda: None, methods=["POST"], dependencies=[Depends(auth.session)])
    seen: list[str] = []

    @app.post("/either")
    async def either(request: Request) -> str:
        for dependency in (auth.session, auth.caller, auth.signed):
            try:
                seen.append((await dependency(request)).via)
            except HTTPException as refused:
                seen.append(refused.detail["code"])
        return ""

    memory = auth.memory
    assert memory is not None
    [refused] = call(app, signed("POST", "/session-only"))
    assert refused.json()["detail"] == "this route takes a session"
    assert memory.sizes()[0] == 0
    [answer] = call(app, signed("POST", "/either"))
    assert answer.status_code == 200, answer.text
    assert seen == ["missing_credentials", "signature", "signature"]
    assert memory.sizes()[0] == 1


def test_a_token_beside_a_signature_is_not_looked_at() -> None:
    app, _ = build()
    token = log_in(app)["session_token"]
    requests = [signed("GET", "/auth/session"), signed("POST", "/auth/logout"), signed("GET", "/session-only")]
    for request in requests:
        request.headers["Authorization"] = f"Bearer {token}"
    answers = call(app, *requests)
    assert [answer.json()["code"] for answer in answers] == ["missing_credentials"] * 3
    assert {answer.json()["detail"] for answer in answers} == {"this route takes a session"}
    [living] = call(app, bearer(token))
    assert living.status_code == 200, "the logout ended nothing"


ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_in_another_encoding_is_refused(encoding: str) -> None:
    text = json.dumps({"hotkey": MINER.ss58_address})
    requests = [
        httpx.Request("POST", ORIGIN + "/auth/challenge", content=text.encode(name)) for name in ("utf-8", encoding)
    ]
    plain, other = call(build()[0], *requests)
    assert plain.status_code == 200
    assert (other.status_code, other.json()["code"]) == (400, "malformed_body")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_is_refused_in_a_member_that_nobody_reads_too(number: str) -> None:
    content = json.dumps({"hotkey": MINER.ss58_address})[:-1] + f', "more": {number}}}'
    [refused] = call(build()[0], httpx.Request("POST", ORIGIN + "/auth/challenge", content=content))
    assert refused.json()["code"] == "malformed_body"


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


@pytest.mark.parametrize("adapter", ["FastAPI", "the middleware"])
@pytest.mark.parametrize("route", ["challenge", "session", "refresh", "logout"])
def test_the_origin_is_checked_before_the_body_is_read(adapter: str, route: str) -> None:
    app, auth = build()
    served: Any = app if adapter == "FastAPI" else HotkeyAuthMiddleware(app, auth)
    headers = [(b"origin", b"https://evil.example")]
    scope = {
        "type": "http", "method": "POST", "path": f"/auth/{route}", "raw_path": f"/auth/{route}".encode(),
        "query_string": b"", "root_path": "", "headers": headers, "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    sent: list[Any] = []
    reads = 0

    async def receive() -> Any:
        nonlocal reads
        # A response begins first: whoever reads then clears the connection for the next request.
        reads += not sent
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await asyncio.wait_for(served(scope, receive, send), 5)

    asyncio.run(run())
    assert sent[0]["status"] == 403
    assert json.loads(sent[1]["body"])["code"] == "origin_refused"
    assert reads == 0


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
