"""Every server behind nginx and HAProxy: what was signed is verified, or refused with a hint; never anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from differences import difference
from proxies import Proxy, in_front_of
from raw import TIMEOUT, ask
from sdk_client import sign
from servers import BEHIND_PROXIES, BEHIND_STRIPPING_PROXIES, Server

PREFIX = "/public"
KEPT = ["nginx-kept", "haproxy-kept"]
STRIPPED = ["nginx-stripped", "haproxy-stripped"]
TARGETS = [
    "/echo",
    "/echo?a=1&b=2",
    "/echo/a%2Fb",
    "/echo/a%2fb%20c?d%20e",
    "/echo//a//b",
    "/echo/a+b?c+d=e+f",
    "/echo?",
    "/echo??",
    "/echo?a=",
    "/echo/./a/../b",
    "/echo/%2e%2e/echo",
    "/echo/%7Ex~|^",
    "/echo;v=1?;",
    "/echo/%zz",
    "/echo/100%2525",
    "/echo/" + "x" * 4_000,
]
REFUSED_BY_THE_PROXY = {
    # A malformed escape is a bad request to nginx, whatever stands behind it.
    ("nginx", "/echo/%zz"): 400,
}
LOST_ON_THE_WAY = {"/echo?"}
"""Servers differ in whether they show the empty query; clients of ours never send one."""


@dataclass(frozen=True)
class Outcome:
    """What came back, whoever answered."""

    status: int
    fields: dict[str, object]

    @property
    def code(self) -> object:
        return self.fields.get("code")


def send(proxy: Proxy, version: str, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Outcome:
    """One request with the target as it is written here."""
    if version == "HTTP/1.1":
        answer = ask(proxy.http1_port, method, target, headers, body)
        json = "json" in answer.headers.get("content-type", "")
        return Outcome(answer.status, answer.json() if json else {})
    with httpx.Client(http1=False, http2=True, timeout=TIMEOUT, trust_env=False) as client:
        url = f"http://127.0.0.1:{proxy.http2_port}/"
        request = client.build_request(
            method, url, headers=headers, content=body, extensions={"target": target.encode()}
        )
        reply = client.send(request)
        assert reply.http_version == "HTTP/2"
        return Outcome(reply.status_code, reply.json() if "json" in reply.headers.get("content-type", "") else {})


@pytest.fixture(scope="module")
def kept(
    request: pytest.FixtureRequest, servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, dict[str, Proxy]]]:
    server = servers[request.param]
    with in_front_of(server.port, KEPT, tmp_path_factory.mktemp("proxies")) as proxies:
        yield server, proxies


@pytest.fixture(scope="module")
def stripped(
    request: pytest.FixtureRequest, servers: dict[str, Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, dict[str, Proxy]]]:
    server = servers[request.param]
    with in_front_of(server.port, [*STRIPPED, "nginx-rewriting"], tmp_path_factory.mktemp("proxies")) as proxies:
        yield server, proxies


versions = pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2"])
targets = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:40])


def check(outcome: Outcome, server: Server, proxy: Proxy, target: str, *, signed: str, prefix: str = "") -> None:
    """Accepted as it was signed, or refused where a table says so."""
    expected = REFUSED_BY_THE_PROXY.get((proxy.name.partition("-")[0], target))
    known = difference(server.flavour, target)
    if expected is not None:
        assert (outcome.status, outcome.code) == (expected, None)
    elif known is not None and known.code is None:
        assert outcome.status == known.status
    elif target in LOST_ON_THE_WAY and outcome.status != 200:
        assert_hint(outcome)
    else:
        assert outcome.status == 200, outcome
        assert prefix + str(outcome.fields["target"]) == signed, "accepted is what was signed"


def assert_hint(outcome: Outcome) -> None:
    assert (outcome.status, outcome.code) == (401, "bad_signature"), outcome
    assert "proxy" in str(outcome.fields["hint"])


@pytest.mark.parametrize("kept", BEHIND_PROXIES, indirect=True)
@pytest.mark.parametrize("name", KEPT)
@versions
@targets
def test_paths_as_they_are(kept: tuple[Server, dict[str, Proxy]], name: str, version: str, target: str) -> None:
    server, proxies = kept
    headers = sign(server, "POST", target, b"body")
    check(send(proxies[name], version, "POST", target, headers, b"body"), server, proxies[name], target, signed=target)


@pytest.mark.parametrize("stripped", BEHIND_STRIPPING_PROXIES, indirect=True)
@pytest.mark.parametrize("name", STRIPPED)
@versions
@targets
def test_a_stripped_prefix(stripped: tuple[Server, dict[str, Proxy]], name: str, version: str, target: str) -> None:
    server, proxies = stripped
    signed = PREFIX + target
    headers = sign(server, "POST", signed, b"body")
    outcome = send(proxies[name], version, "POST", signed, headers, b"body")
    check(outcome, server, proxies[name], target, signed=signed, prefix=PREFIX)


@pytest.mark.parametrize("stripped", BEHIND_STRIPPING_PROXIES, indirect=True)
@versions
@targets
def test_a_proxy_that_rewrites_never_gets_another_target_accepted(
    stripped: tuple[Server, dict[str, Proxy]], version: str, target: str
) -> None:
    server, proxies = stripped
    signed = PREFIX + target
    headers = sign(server, "POST", signed, b"body")
    outcome = send(proxies["nginx-rewriting"], version, "POST", signed, headers, b"body")
    if outcome.status == 200:
        assert PREFIX + str(outcome.fields["target"]) == signed
    elif outcome.code is not None:
        assert_hint(outcome)
    else:
        assert outcome.status in (400, 404)


@pytest.mark.parametrize("stripped", BEHIND_STRIPPING_PROXIES, indirect=True)
def test_that_proxy_does_rewrite(stripped: tuple[Server, dict[str, Proxy]]) -> None:
    """Or else the test above could not fail."""
    server, proxies = stripped
    for target in ("/echo//a//b", "/echo/a%20b/../c"):
        headers = sign(server, "POST", PREFIX + target, b"body")
        assert_hint(send(proxies["nginx-rewriting"], "HTTP/1.1", "POST", PREFIX + target, headers, b"body"))


@pytest.mark.parametrize("kept", BEHIND_PROXIES, indirect=True)
@pytest.mark.parametrize("name", KEPT)
@versions
def test_headers_of_the_client_change_nothing(kept: tuple[Server, dict[str, Proxy]], name: str, version: str) -> None:
    server, proxies = kept
    misleading = {
        "X-Forwarded-Prefix": "/public", "X-Forwarded-Uri": "/echo/other", "X-Original-URL": "/echo/other",
        "X-Rewrite-URL": "/echo/other", "X-Forwarded-Host": "elsewhere", "Forwarded": "host=elsewhere",
    }  # fmt: skip
    headers = sign(server, "POST", "/echo", b"body")
    outcome = send(proxies[name], version, "POST", "/echo", {**headers, **misleading}, b"body")
    assert (outcome.status, outcome.fields["target"]) == (200, "/echo")
    elsewhere = sign(server, "POST", "/echo/other", b"body")
    assert_hint(send(proxies[name], version, "POST", "/echo", {**elsewhere, **misleading}, b"body"))


@pytest.mark.parametrize("kept", BEHIND_PROXIES, indirect=True)
@pytest.mark.parametrize("name", KEPT)
def test_a_copy_is_refused_whichever_way_it_comes(kept: tuple[Server, dict[str, Proxy]], name: str) -> None:
    server, proxies = kept
    headers = sign(server, "POST", "/echo", b"body")
    first, *others = [
        send(proxies[name], version, "POST", "/echo", headers, b"body") for version in ("HTTP/1.1", "HTTP/2") * 2
    ]
    assert first.status == 200
    assert {outcome.code for outcome in others} == {"replayed_request"}
    assert ask(server.port, "POST", "/echo", headers, b"body").json()["code"] == "replayed_request"


@pytest.mark.parametrize("kept", BEHIND_PROXIES, indirect=True)
@pytest.mark.parametrize("name", KEPT)
@versions
def test_another_body_is_refused(kept: tuple[Server, dict[str, Proxy]], name: str, version: str) -> None:
    server, proxies = kept
    headers = sign(server, "POST", "/echo", b"body")
    assert_hint(send(proxies[name], version, "POST", "/echo", headers, b"other"))


@pytest.mark.parametrize("stripped", BEHIND_PROXIES, indirect=True)
@pytest.mark.parametrize("name", STRIPPED)
@versions
def test_a_service_that_was_not_told_of_its_prefix(
    stripped: tuple[Server, dict[str, Proxy]], name: str, version: str
) -> None:
    server, proxies = stripped
    headers = sign(server, "POST", PREFIX + "/echo", b"body")
    assert_hint(send(proxies[name], version, "POST", PREFIX + "/echo", headers, b"body"))
