"""FastAPI reads and parses a signed body as if nobody had looked at it before; routers and mounts keep their target."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from bodies import FIELDS, FILES, FORM, JSON, MEGABYTE, MULTIPART, Content
from keys import SCHEMES, SDK_ALICE
from raw import ask
from refusals import SIGNATURE, Sent, sealed
from sdk_client import GuideAuth, sign
from servers import FASTAPI, Server

PARSED = {"text": FIELDS["text"], "tokens": int(FIELDS["tokens"])}
pytestmark = pytest.mark.parametrize("server", FASTAPI, indirect=True)


def post(http: httpx.Client, server: Server, path: str, scheme: str, **body: Any) -> dict[str, Any]:
    answer = http.post(server.url + path, auth=GuideAuth(SDK_ALICE[scheme], server.receiver), **body)
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert seen.pop("hotkey") == SDK_ALICE[scheme].ss58_address
    return seen


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", ["/json", "/below/json"])
def test_json_model(http: httpx.Client, server: Server, scheme: str, path: str) -> None:
    assert post(http, server, path, scheme, **JSON.for_httpx()) == PARSED


@pytest.mark.parametrize("scheme", SCHEMES)
def test_form_fields(http: httpx.Client, server: Server, scheme: str) -> None:
    assert post(http, server, "/form", scheme, **FORM.for_httpx()) == PARSED


@pytest.mark.parametrize("scheme", SCHEMES)
def test_uploaded_files(http: httpx.Client, server: Server, scheme: str) -> None:
    files = [[name, hashlib.sha256(data).hexdigest()] for name, data, _ in FILES]
    assert post(http, server, "/upload", scheme, **MULTIPART.for_httpx()) == {"text": FIELDS["text"], "files": files}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("piece", [None, 16_384])
def test_handler_that_streams(http: httpx.Client, server: Server, scheme: str, piece: int | None) -> None:
    body = Content("megabyte", MEGABYTE, piece).for_httpx()
    assert post(http, server, "/streamed", scheme, **body) == {"sha256": hashlib.sha256(MEGABYTE).hexdigest()}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("prefix", ["/api/v1/things", "/below"])
@pytest.mark.parametrize("rest", ["/echo", "/echo/a%20b%2Fc?d=e", "/echo//a/./b"])
def test_router_prefix_and_mount(server: Server, scheme: str, prefix: str, rest: str) -> None:
    headers = sign(server, "GET", prefix + rest, wallet=SDK_ALICE[scheme])
    answer = ask(server.port, "GET", prefix + rest, headers)
    assert (answer.status, answer.json().get("target")) == (200, prefix + rest)
    headers = sign(server, "GET", rest, wallet=SDK_ALICE[scheme])
    assert ask(server.port, "GET", prefix + rest, headers).json()["code"] == "bad_signature"


def test_body_that_fastapi_cannot_parse(server: Server) -> None:
    """It was signed, so the refusal is FastAPI's."""
    headers = {**sign(server, "POST", "/json", b"{"), "Content-Type": "application/json"}
    assert ask(server.port, "POST", "/json", headers, b"{").status == 422


@pytest.mark.parametrize("path", ["/below/echo", "/below/json"])
def test_mounted_application_refuses_with_the_same_status(server: Server, path: str) -> None:
    """It has exception handlers of its own; the problem is then FastAPI's `detail`."""
    anonymous = ask(server.port, "POST", path, {"Content-Type": "application/json"}, b'{"text": "", "tokens": 1}')
    assert (anonymous.status, anonymous.json()["detail"]["code"]) == (401, "missing_credentials")
    assert anonymous.headers["www-authenticate"] == 'Bittensor realm="bittensor", error="missing_credentials"'
    sent = sealed(Sent([], target="/below/echo"), server)
    assert sent.to(server).status == 200
    replayed = sent.to(server)
    assert (replayed.status, replayed.json()["detail"]["code"]) == (401, "replayed_request")


def test_mounted_application_refuses_credentials_that_do_not_hold(server: Server) -> None:
    sent = sealed(Sent([], target="/below/echo"), server).having(SIGNATURE, "0x" + "0" * 128)
    answer = sent.to(server)
    assert (answer.status, answer.json()["code"]) == (401, "bad_signature")
    assert answer.headers["content-type"] == "application/problem+json"
    assert ask(server.port, "GET", "/below/open", []).status == 200
