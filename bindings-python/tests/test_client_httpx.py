"""`bittensor_auth.httpx.HotkeyAuth` against real servers on 127.0.0.1, in both kinds of client."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from time import time_ns
from typing import Any

import httpx
import pytest
from loopback import MINER, SECOND, SERVICE, Loopback, Signer, loopback

from bittensor_auth import AuthenticationError, ClientError, ConfigurationError, Keypair
from bittensor_auth._client import Destinations, origin_of, read_origin
from bittensor_auth._errors import error
from bittensor_auth.httpx import HotkeyAuth

# Never used; without it every client loads the certificates of the system.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
Send = Callable[..., httpx.Response]


def send_blocking(
    method: str, url: str, *, transport: httpx.BaseTransport | None = None, proxy: str | None = None, **options: Any
) -> httpx.Response:
    with httpx.Client(transport=transport, proxy=proxy, trust_env=False, verify=TLS) as client:
        return client.request(method, url, **options)


def send_awaiting(method: str, url: str, **options: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, verify=TLS) as client:
            return await client.request(method, url, **options)

    return asyncio.run(send())


@pytest.fixture(params=[send_blocking, send_awaiting], ids=["blocking", "awaiting"])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


@pytest.fixture
def service() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


def auth_for(*services: Loopback, signer: Any = MINER, **options: Any) -> HotkeyAuth:
    return HotkeyAuth(signer, receiver=SERVICE, origins=[service.origin for service in services], **options)


def off_by(seconds: int) -> Callable[[], int]:
    return lambda: time_ns() + seconds * SECOND


# What is signed is what is sent


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        ("/", "/"),
        ("", "/"),
        ("/x?", "/x"),
        ("/x?a=1&b=%7E|", None),
        ("/p/./q/../r?e=", None),
        ("/p//q", "/p//q"),
        ("/ünï/✓ ?q=ä b", None),
        ("/a%20b/%7Ec%2Fd?q=%zz&x=a+b#fragment", None),
        ("/[1]/{2}", None),
    ],
)
def test_the_target_is_signed_as_sent(send: Send, service: Loopback, given: str, wire: str | None) -> None:
    response = send("GET", service.origin + given, auth=auth_for(service))
    assert response.status_code == 200, response.text
    assert response.json()["hotkey"] == MINER.ss58_address
    assert service.seen[0].target == (wire or service.seen[0].target)
    assert not service.seen[0].target.endswith("?")


@pytest.mark.parametrize(
    "body",
    [
        {"content": b"bytes"},
        {"content": "text ✓"},
        {"json": {"a": [1, 2]}},
        {"data": {"field": "ä&="}},
        {"files": {"file": ("a.bin", bytes(range(256)))}, "data": {"field": "x"}},
        {"content": b""},
        {},
    ],
    ids=["bytes", "text", "json", "form", "multipart", "empty", "none"],
)
def test_any_body_is_signed(send: Send, service: Loopback, body: dict[str, Any]) -> None:
    response = send("POST", f"{service.origin}/score", auth=auth_for(service), **body)
    assert response.status_code == 200, response.text
    assert response.json()["size"] == len(service.seen[0].body)


def test_generator_bodies_are_signed(service: Loopback) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"one", b"two")

    async def later() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    assert send_blocking("POST", service.origin, content=pieces(), auth=auth_for(service)).json()["size"] == 6
    assert send_awaiting("POST", service.origin, content=later(), auth=auth_for(service)).json()["size"] == 6


def test_a_streamed_response_stays_a_stream(service: Loopback) -> None:
    with (
        httpx.Client(auth=auth_for(service), verify=TLS) as client,
        client.stream("GET", f"{service.origin}/s") as response,
    ):
        assert response.status_code == 200
        assert not response.is_stream_consumed
        assert b"hotkey" in response.read()


def test_headers_of_the_caller_are_replaced(send: Send, service: Loopback) -> None:
    stale = {"x-bittensor-nonce": "1", "X-BITTENSOR-CRYPTO": "ed25519"}
    assert send("GET", service.origin, headers=stale, auth=auth_for(service)).status_code == 200
    assert len(service.seen[0].header("X-Bittensor-Nonce")) == 1
    assert service.seen[0].header("X-Bittensor-Crypto") == []


def test_each_attempt_has_its_own_nonce(service: Loopback) -> None:
    service.answers["/busy"] = [(503, {}, b"")] * 3
    with httpx.Client(auth=auth_for(service), verify=TLS) as client:
        request = client.build_request("POST", f"{service.origin}/busy", content=b"again")
        statuses = [client.send(request).status_code for _ in range(5)]
    assert statuses == [503, 503, 503, 200, 200]
    assert len(set(service.nonces)) == 5
    assert all(len(seen.header("X-Bittensor-Signature")) == 1 for seen in service.seen)


# Signers


@pytest.mark.parametrize("shape", ["bytes", "typed", "hex"])
def test_foreign_signers_sign(send: Send, service: Loopback, shape: str) -> None:
    auth = auth_for(service, signer=Signer(shape))
    assert [send("GET", service.origin, auth=auth).status_code for _ in range(2)] == [200, 200]


def test_an_ed25519_key_names_its_scheme(send: Send, service: Loopback) -> None:
    keypair = Keypair.from_seed(bytes([3]) * 32, "ed25519")
    for signer in (keypair, Signer("typed", keypair)):
        assert send("GET", service.origin, auth=auth_for(service, signer=signer)).status_code == 200
    assert service.seen[0].header("X-Bittensor-Crypto") == ["ed25519"]


def test_an_asynchronous_signer_needs_an_asynchronous_client(service: Loopback) -> None:
    auth = auth_for(service, signer=Signer("async"))
    assert send_awaiting("GET", service.origin, auth=auth).status_code == 200
    with pytest.raises(ClientError) as refused:
        send_blocking("GET", service.origin, auth=auth)
    assert refused.value.code == "signer_failed"
    assert len(service.seen) == 1


def test_a_wrong_signature_is_never_sent(send: Send, service: Loopback) -> None:
    signer = Signer(claims=MINER, keypair=Keypair.from_seed(bytes([9]) * 32, "sr25519"))
    with pytest.raises(ClientError) as refused:
        send("GET", service.origin, auth=auth_for(service, signer=signer))
    assert refused.value.code == "signer_failed"
    assert service.seen == []


# Origins


def test_only_listed_origins_get_a_signature(send: Send, service: Loopback, other: Loopback) -> None:
    for url in (
        other.origin,
        service.origin.replace("127.0.0.1", "localhost"),
        service.origin.replace("http", "https"),
    ):
        with pytest.raises(ClientError) as refused:
            send("POST", url, content=b"body", auth=auth_for(service))
        assert refused.value.code == "signing_refused"
    assert service.seen == other.seen == []


def test_each_origin_has_its_receiver(send: Send) -> None:
    second = Keypair.from_seed(bytes([7]) * 32, "sr25519").ss58_address
    with loopback() as one, loopback(receiver=second) as two:
        auth = HotkeyAuth(MINER, receiver={one.origin + "/": SERVICE, two.origin: second})
        assert send("GET", one.origin, auth=auth).status_code == 200
        assert send("GET", two.origin, auth=auth).status_code == 200


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("HTTPS://API.Example.org:443/", "https://api.example.org"),
        ("http://h:80", "http://h"),
        ("https://h:80", "https://h:80"),
        ("http://[2001:DB8:0::1]:8080", "http://[2001:db8::1]:8080"),
        ("http://[::1]", "http://[::1]"),
    ],
)
def test_origins_have_one_spelling(text: str, origin: str) -> None:
    url = httpx.URL(text)
    assert read_origin(text) == origin
    assert origin_of(url.scheme, url.raw_host.decode(), url.port) == origin


@pytest.mark.parametrize(
    "text",
    [
        "api.example.org",
        "ftp://h",
        "https://",
        "https://h/path",
        "https://h?q",
        "https://h#f",
        "https://u@h",
        "https://h:x",
        " https://h",
        "https://h\n",
        "https://ĥ",
        "https://[::g]",
        "http://\u212a",
        "",
    ],
)
def test_more_or_less_than_an_origin_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Destinations(MINER, receiver=SERVICE, origins=[text])


@pytest.mark.parametrize(
    "settings",
    [
        {"receiver": SERVICE},
        {"receiver": SERVICE, "origins": []},
        {"receiver": {}},
        {"receiver": {"https://a": SERVICE}, "origins": ["https://b"]},
    ],
)
def test_settings_are_checked_when_built(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        HotkeyAuth(MINER, **settings)


# Clocks


@pytest.mark.parametrize("seconds", [-60, 60], ids=["behind", "ahead"])
def test_a_wrong_clock_is_corrected_once(send: Send, service: Loopback, seconds: int) -> None:
    auth = auth_for(service, clock=off_by(seconds))
    for _ in range(2):
        response = send("POST", f"{service.origin}/x", content=b"body", auth=auth)
        assert response.status_code == 200, response.text
    assert len(service.seen) == 3
    assert len(set(service.nonces)) == 3
    assert all(len(seen.header("X-Bittensor-Nonce")) == 1 for seen in service.seen)


def test_a_clock_may_be_left_alone(send: Send, service: Loopback) -> None:
    auth = auth_for(service, clock=off_by(-60), correct_clock=False)
    assert send("GET", service.origin, auth=auth).json()["code"] == "stale_request"
    assert len(service.seen) == 1


def test_a_server_that_lies_about_time_is_not_followed(send: Send, service: Loopback) -> None:
    service.answers["/"] = service.refuse(error("stale_request"), time_ns() + 3_600 * SECOND)
    with pytest.raises(AuthenticationError) as refused:
        send("GET", service.origin, auth=auth_for(service))
    assert refused.value.code == "stale_request"
    assert len(service.seen) == 1


def test_a_server_that_is_never_content_is_asked_twice(send: Send, service: Loopback) -> None:
    service.answers["/"] = service.refuse(error("stale_request"), time_ns() + 30 * SECOND)
    assert send("GET", service.origin, auth=auth_for(service)).status_code == 401
    assert len(set(service.nonces)) == len(service.seen) == 2


@pytest.mark.parametrize("body", [b"<h1>no</h1>", b"{" * 70_000, b"[" * 60_000, b'{"code": 7}', b"null"])
def test_date_stands_in_for_an_unreadable_body(send: Send, service: Loopback, body: bytes) -> None:
    refusal = (401, {"Content-Type": "application/problem+json", "Date": formatdate(usegmt=True)}, body)
    service.answers["/"] = [refusal]
    assert send("GET", service.origin, auth=auth_for(service, clock=off_by(-60))).status_code == 200
    assert len(service.seen) == 2
    # A clock that is right is not the reason.
    service.answers["/"] = [refusal]
    assert send("GET", service.origin, auth=auth_for(service)).status_code == 401
    assert len(service.seen) == 3


@pytest.mark.parametrize("date", ["", "yesterday", formatdate(0, usegmt=True), formatdate(time_ns() / 1e9 + 7_200)])
def test_a_useless_date_is_not_used(send: Send, service: Loopback, date: str) -> None:
    service.answers["/"] = (401, {"Content-Type": "text/html", "Date": date}, b"no")
    assert send("GET", service.origin, auth=auth_for(service)).status_code == 401
    assert len(service.seen) == 1


@pytest.mark.parametrize(
    "code", ["bad_signature", "replayed_request", "wrong_receiver", "store_warming", "hotkey_denied"]
)
def test_other_refusals_are_returned(send: Send, service: Loopback, code: str) -> None:
    service.answers["/"] = service.refuse(error(code, retry_after=2), time_ns() + 60 * SECOND)
    assert send("GET", service.origin, auth=auth_for(service)).json()["code"] == code
    assert len(service.seen) == 1


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_returned_without_credentials_for_the_next_request(
    send: Send, service: Loopback, other: Loopback, status: int
) -> None:
    service.answers["/go"] = (status, {"Location": f"{other.origin}/trap"}, b"")
    response = send("POST", f"{service.origin}/go", content=b"body", auth=auth_for(service))
    assert response.status_code == status
    assert response.next_request is not None
    with httpx.Client(verify=TLS) as client:
        client.send(
            httpx.Request("POST", response.next_request.url, headers=response.next_request.headers, content=b"body")
        )
    assert [seen.credentials for seen in other.seen] == [[]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [True, False], ids=["other origin", "same origin"])
def test_a_client_that_follows_redirects_is_stopped_before_it_sends(
    send: Send, service: Loopback, other: Loopback, status: int, elsewhere: bool
) -> None:
    target = other if elsewhere else service
    service.answers["/go"] = (status, {"Location": f"{target.origin}/trap"}, b"")
    with pytest.raises(ClientError) as refused:
        # Even if the other origin is one that is signed for.
        send("POST", f"{service.origin}/go", content=b"x", auth=auth_for(service, other), follow_redirects=True)
    assert refused.value.code == "redirect_refused"
    assert other.seen == []
    assert [seen.target for seen in service.seen] == ["/go"]


@pytest.mark.parametrize("location", ["//127.0.0.1:1/trap", "https://127.0.0.1/trap", "/trap", "?again", "trap"])
def test_every_spelling_of_a_redirect_is_stopped(send: Send, service: Loopback, location: str) -> None:
    service.answers["/go"] = (302, {"Location": location}, b"")
    with pytest.raises(ClientError) as refused:
        send("GET", f"{service.origin}/go", auth=auth_for(service), follow_redirects=True)
    assert refused.value.code == "redirect_refused"
    assert len(service.seen) == 1


def test_a_transport_that_does_not_trace_is_found_out(service: Loopback) -> None:
    class Silent(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions = {"timeout": request.extensions["timeout"]}
            return super().handle_request(request)

    service.answers["/go"] = (302, {"Location": "/x"}, b"")
    with pytest.raises(ClientError) as refused:
        send_blocking(
            "GET", f"{service.origin}/go", auth=auth_for(service), follow_redirects=True, transport=Silent(verify=TLS)
        )
    assert refused.value.code == "redirect_refused"


def test_a_trace_of_the_caller_still_hears_everything(service: Loopback) -> None:
    heard: list[str] = []
    extensions = {"trace": lambda event, info: heard.append(event)}
    with httpx.Client(auth=auth_for(service), verify=TLS) as client:
        request = client.build_request("GET", service.origin, extensions=extensions)
        for _ in range(2):
            assert client.send(request).status_code == 200
        assert request.extensions["trace"] is extensions["trace"]
    assert heard.count("http11.send_request_headers.started") == 2


def test_a_forward_proxy_is_no_redirect(service: Loopback, other: Loopback) -> None:
    response = send_blocking("GET", f"{service.origin}/via?q=1", proxy=other.origin, auth=auth_for(service))
    assert response.status_code == 200
    assert other.seen[0].target == "/via?q=1"


def test_threads_share_one_auth(service: Loopback) -> None:
    with httpx.Client(auth=auth_for(service, clock=off_by(-60)), verify=TLS) as client, ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: client.get(service.origin).status_code, range(40)))
    assert statuses == [200] * 40
    assert len(set(service.nonces)) == len(service.seen)


@pytest.mark.parametrize("library", ["httpx", "requests", "aiohttp"])
def test_a_missing_library_names_the_extra(library: str) -> None:
    code = f"""
import sys
sys.modules[{library!r}] = None
from bittensor_auth import ConfigurationError
try:
    import bittensor_auth.{library}
except ConfigurationError as failure:
    print(failure.code, failure)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "invalid_configuration" in answer
    assert f'pip install "bittensor-auth[{library}]"' in answer
