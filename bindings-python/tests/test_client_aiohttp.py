"""`bittensor_auth.aiohttp.HotkeyAuth` against real servers on 127.0.0.1."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import formatdate
from time import time_ns
from typing import Any

import aiohttp
import pytest
from loopback import MINER, SECOND, SERVICE, Loopback, Signer, loopback
from yarl import URL

from bittensor_auth import AuthenticationError, ClientError, ConfigurationError, Keypair
from bittensor_auth._errors import error
from bittensor_auth.aiohttp import HotkeyAuth


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


def send(auth: HotkeyAuth, method: str, *urls: str | URL, data: Any = None, **options: Any) -> tuple[int, Any]:
    """Status and JSON of the last answer. `data` may be a function that makes the body inside the event loop."""

    async def run() -> tuple[int, Any]:
        async with aiohttp.ClientSession(middlewares=(auth,)) as session:
            for url in urls:
                body = data() if callable(data) else data
                async with session.request(method, url, data=body, **options) as response:
                    content = await response.read()
                    answer = await response.json(content_type=None) if content[:1] == b"{" else None
                    status = response.status
            return status, answer

    return asyncio.run(run())


async def later() -> AsyncIterator[bytes]:
    for piece in (b"one", b"two"):
        yield piece


def form() -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("field", "x")
    form.add_field("file", io.BytesIO(bytes(range(256))), filename="a.bin")
    return form


def mixed() -> aiohttp.MultipartWriter:
    writer = aiohttp.MultipartWriter("mixed")
    writer.append(b"packed" * 100, {"Content-Encoding": "gzip"})
    return writer


@pytest.mark.parametrize(
    "path",
    ["/", "", "/x?", "/x?a=1&b=%7E|", "/p/./q/../r?e=", "/ünï/✓ ?q=ä b", "/a%20b/%7Ec%2Fd?q=%25zz#f", "/[1]/{2}"],
)
def test_the_target_is_signed_as_sent(service: Loopback, path: str) -> None:
    status, answer = send(auth_for(service), "GET", service.origin + path)
    assert status == 200, answer
    assert not service.seen[0].target.endswith("?")


def test_a_url_that_is_encoded_already_is_signed_as_sent(service: Loopback) -> None:
    status, answer = send(auth_for(service), "GET", URL(f"{service.origin}/a/../b%7e?q=%2f|&e=", encoded=True))
    assert status == 200, answer
    assert service.seen[0].target == "/a/../b%7e?q=%2f|&e="


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"bytes", 5),
        ("text ✓", 8),
        ({"field": "ä&="}, None),
        (form, None),
        (lambda: io.BytesIO(b"file"), 4),
        (lambda: io.BytesIO(b"big" * 700_000), 2_100_000),
        (lambda: io.StringIO("text file"), 9),
        (later, 6),
        (b"", 0),
        (None, 0),
    ],
    ids=["bytes", "text", "form", "multipart", "file", "big file", "text file", "generator", "empty", "none"],
)
def test_any_body_is_signed(service: Loopback, data: Any, size: int | None) -> None:
    status, answer = send(auth_for(service), "POST", f"{service.origin}/score", data=data)
    assert status == 200, answer
    assert answer["size"] == len(service.seen[0].body)
    assert size is None or answer["size"] == size


def test_a_compressed_part_stays_compressed(service: Loopback) -> None:
    assert send(auth_for(service), "POST", service.origin, data=mixed)[0] == 200
    part = service.seen[0].body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    assert gzip.decompress(part) == b"packed" * 100


def test_a_charset_is_kept(service: Loopback) -> None:
    headers = {"Content-Type": "text/plain; charset=latin-1"}
    status, _ = send(auth_for(service), "POST", service.origin, data="ä".encode("latin-1"), headers=headers)
    assert status == 200
    assert service.seen[0].header("Content-Type") == ["text/plain; charset=latin-1"]
    assert service.seen[0].body == b"\xe4"


def test_compression_below_the_signature_is_refused(service: Loopback) -> None:
    with pytest.raises(ConfigurationError):
        send(auth_for(service), "POST", service.origin, data=b"body", compress="gzip")
    assert service.seen == []
    headers = {"Content-Encoding": "gzip"}
    assert send(auth_for(service), "POST", service.origin, data=gzip.compress(b"body"), headers=headers)[0] == 200


def test_headers_of_the_caller_are_replaced(service: Loopback) -> None:
    stale = {"x-bittensor-nonce": "1", "X-BITTENSOR-CRYPTO": "ed25519"}
    assert send(auth_for(service), "GET", service.origin, headers=stale)[0] == 200
    assert len(service.seen[0].header("X-Bittensor-Nonce")) == 1
    assert service.seen[0].header("X-Bittensor-Crypto") == []


def test_each_attempt_has_its_own_nonce(service: Loopback) -> None:
    service.answers["/"] = [(503, {}, b"")] * 2
    assert send(auth_for(service), "POST", *[service.origin] * 4, data=b"again")[0] == 200
    assert len(set(service.nonces)) == 4


@pytest.mark.parametrize("shape", ["bytes", "typed", "hex", "async"])
def test_foreign_signers_sign(service: Loopback, shape: str) -> None:
    assert send(auth_for(service, signer=Signer(shape)), "GET", *[service.origin] * 2)[0] == 200


def test_a_wrong_signature_is_never_sent(service: Loopback) -> None:
    signer = Signer(claims=MINER, keypair=Keypair.from_seed(bytes([9]) * 32, "sr25519"))
    with pytest.raises(ClientError) as refused:
        send(auth_for(service, signer=signer), "GET", service.origin)
    assert refused.value.code == "signer_failed"
    assert service.seen == []


def test_only_listed_origins_get_a_signature(service: Loopback, other: Loopback) -> None:
    for url in (other.origin, service.origin.replace("127.0.0.1", "localhost")):
        with pytest.raises(ClientError) as refused:
            send(auth_for(service), "POST", url, data=b"body")
        assert refused.value.code == "signing_refused"
    assert service.seen == other.seen == []


# Clocks


@pytest.mark.parametrize("data", [b"body", later, form], ids=["bytes", "generator", "multipart"])
@pytest.mark.parametrize("seconds", [-60, 60], ids=["behind", "ahead"])
def test_a_wrong_clock_is_corrected_once(service: Loopback, seconds: int, data: Any) -> None:
    auth = auth_for(service, clock=off_by(seconds))
    status, answer = send(auth, "POST", *[service.origin] * 2, data=data)
    assert status == 200, answer
    assert len(set(service.nonces)) == len(service.seen) == 3


def test_a_clock_may_be_left_alone(service: Loopback) -> None:
    auth = auth_for(service, clock=off_by(-60), correct_clock=False)
    assert send(auth, "GET", service.origin)[1]["code"] == "stale_request"
    assert len(service.seen) == 1


def test_a_server_that_lies_about_time_is_not_followed(service: Loopback) -> None:
    service.answers["/"] = service.refuse(error("stale_request"), time_ns() + 3_600 * SECOND)
    with pytest.raises(AuthenticationError) as refused:
        send(auth_for(service), "GET", service.origin)
    assert refused.value.code == "stale_request"
    assert len(service.seen) == 1


def test_a_server_that_is_never_content_is_asked_twice(service: Loopback) -> None:
    service.answers["/"] = service.refuse(error("stale_request"), time_ns() + 30 * SECOND)
    assert send(auth_for(service), "GET", service.origin)[0] == 401
    assert len(set(service.nonces)) == len(service.seen) == 2


def test_date_stands_in_for_an_unreadable_body(service: Loopback) -> None:
    service.answers["/"] = [(401, {"Date": formatdate(usegmt=True)}, b"x" * 70_000)]
    assert send(auth_for(service, clock=off_by(-60)), "GET", service.origin)[0] == 200
    assert len(service.seen) == 2


# Redirects


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_to_another_origin(service: Loopback, other: Loopback, status: int, follow: bool) -> None:
    service.answers["/go"] = (status, {"Location": f"{other.origin}/trap"}, b"")
    with pytest.raises(ClientError) as refused:
        # Even if the other origin is one that is signed for: the server would choose what is signed.
        send(auth_for(service, other), "POST", f"{service.origin}/go", data=b"x", allow_redirects=follow)
    assert refused.value.code == "redirect_refused"
    assert other.seen == []


@pytest.mark.parametrize("header", ["Location", "URI"])
@pytest.mark.parametrize(
    "location", ["//127.0.0.1:1/trap", "https://127.0.0.1/trap", "HTTP://127.0.0.1/", "http://[::1]/"]
)
def test_every_spelling_of_another_origin_is_stopped(service: Loopback, location: str, header: str) -> None:
    service.answers["/go"] = (302, {header: location}, b"")
    with pytest.raises(ClientError) as refused:
        send(auth_for(service), "GET", f"{service.origin}/go")
    assert refused.value.code == "redirect_refused"
    assert len(service.seen) == 1


@pytest.mark.parametrize("data", [b"body", lambda: io.BytesIO(b"body"), later], ids=["bytes", "file", "generator"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_origin_is_signed_afresh(service: Loopback, status: int, data: Any) -> None:
    service.answers["/go"] = (status, {"Location": "/there/[1]?q=%20|"}, b"")
    code, answer = send(auth_for(service), "POST", f"{service.origin}/go", data=data)
    assert code == 200, answer
    assert answer["method"] == ("POST" if status > 303 else "GET")
    assert (answer["size"] > 0) is (status > 303)
    assert len(set(service.nonces)) == len(service.seen) == 2


def test_a_redirect_may_be_left_alone(service: Loopback) -> None:
    service.answers["/go"] = (307, {"Location": "/x"}, b"")
    assert send(auth_for(service), "GET", f"{service.origin}/go", allow_redirects=False)[0] == 307
    assert len(service.seen) == 1


def test_tasks_share_one_auth(service: Loopback) -> None:
    async def run() -> list[int]:
        async with aiohttp.ClientSession(middlewares=(auth_for(service, clock=off_by(-60)),)) as session:

            async def one() -> int:
                async with session.get(service.origin) as response:
                    return response.status

            return list(await asyncio.gather(*(one() for _ in range(40))))

    assert asyncio.run(run()) == [200] * 40
    assert len(set(service.nonces)) == len(service.seen)
