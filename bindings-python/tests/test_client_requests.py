"""`bittensor_auth.requests.HotkeyAuth` against real servers on 127.0.0.1."""

import io
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
import requests
from loopback import MINER, SECOND, SERVICE, Loopback, Signer, loopback

from bittensor_auth import AuthenticationError, ClientError, Keypair
from bittensor_auth._errors import error
from bittensor_auth.requests import HotkeyAuth


@pytest.fixture
def service() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def auth_for(*services: Loopback, signer: Any = MINER, **options: Any) -> HotkeyAuth:
    return HotkeyAuth(signer, receiver=SERVICE, origins=[service.origin for service in services], **options)


def off_by(seconds: int) -> Callable[[], int]:
    return lambda: time_ns() + seconds * SECOND


@pytest.mark.parametrize(
    "path",
    ["/", "", "/x?", "/x?a=1&b=%7E|", "/p/./q/../r?e=", "/ünï/✓ ?q=ä b", "/a%20b/%7Ec%2Fd?q=%zz#f", "/[1]/{2}?[3]"],
)
def test_the_target_is_signed_as_sent(session: requests.Session, service: Loopback, path: str) -> None:
    response = session.get(service.origin + path, auth=auth_for(service))
    assert response.status_code == 200, response.text
    assert not service.seen[0].target.endswith("?")


@pytest.mark.parametrize(
    "body",
    [
        {"data": b"bytes"},
        {"data": "text ✓"},
        {"json": {"a": [1, 2]}},
        {"data": {"field": "ä&="}},
        {"files": {"file": ("a.bin", bytes(range(256)))}, "data": {"field": "x"}},
        {"data": io.BytesIO(b"file")},
        {"data": io.BytesIO(b"")},
        {"data": iter([b"one", b"two"])},
        {"data": bytearray(b"array")},
        {},
    ],
    ids=["bytes", "text", "json", "form", "multipart", "file", "empty file", "generator", "bytearray", "none"],
)
def test_any_body_is_signed(session: requests.Session, service: Loopback, body: dict[str, Any]) -> None:
    response = session.post(f"{service.origin}/score", auth=auth_for(service), **body)
    assert response.status_code == 200, response.text
    assert response.json()["size"] == len(service.seen[0].body)
    assert service.seen[0].header("Content-Length") == [str(len(service.seen[0].body))]
    assert service.seen[0].header("Transfer-Encoding") == []


def test_a_file_is_read_from_where_it_stands(session: requests.Session, service: Loopback, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"head, tail")
    with (tmp_path / "file").open("rb") as file:
        file.seek(6)
        assert session.post(service.origin, data=file, auth=auth_for(service)).status_code == 200
    assert service.seen[0].body == b"tail"


def test_a_streamed_response_stays_a_stream(session: requests.Session, service: Loopback) -> None:
    with session.get(f"{service.origin}/s", auth=auth_for(service), stream=True) as response:
        assert response.status_code == 200
        assert b"hotkey" in response.raw.read()


def test_each_attempt_has_its_own_nonce(session: requests.Session, service: Loopback) -> None:
    service.answers["/busy"] = [(503, {}, b"")] * 2
    session.auth = auth_for(service)
    statuses = [session.post(f"{service.origin}/busy", data=b"again").status_code for _ in range(4)]
    assert statuses == [503, 503, 200, 200]
    assert len(set(service.nonces)) == 4


def test_a_prepared_request_that_is_sent_twice_is_signed_twice(session: requests.Session, service: Loopback) -> None:
    auth = auth_for(service)
    prepared = session.prepare_request(requests.Request("POST", service.origin, data=b"x", auth=auth))
    assert [session.send(prepared).status_code for _ in range(3)] == [200, 200, 200]
    assert len(set(service.nonces)) == len(service.nonces) == 3


def test_headers_of_the_caller_are_replaced(session: requests.Session, service: Loopback) -> None:
    stale = {"x-bittensor-nonce": "1", "X-BITTENSOR-CRYPTO": "ed25519"}
    assert session.get(service.origin, headers=stale, auth=auth_for(service)).status_code == 200
    assert len(service.seen[0].header("X-Bittensor-Nonce")) == 1
    assert service.seen[0].header("X-Bittensor-Crypto") == []


@pytest.mark.parametrize("shape", ["bytes", "typed", "hex"])
def test_foreign_signers_sign(session: requests.Session, service: Loopback, shape: str) -> None:
    auth = auth_for(service, signer=Signer(shape))
    assert [session.get(service.origin, auth=auth).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize("shape", ["async", "wrong key"])
def test_a_signer_that_does_not_sign_sends_nothing(session: requests.Session, service: Loopback, shape: str) -> None:
    wrong = Signer(claims=MINER, keypair=Keypair.from_seed(bytes([9]) * 32, "sr25519"))
    with pytest.raises(ClientError) as refused:
        session.get(service.origin, auth=auth_for(service, signer=wrong if shape == "wrong key" else Signer(shape)))
    assert refused.value.code == "signer_failed"
    assert service.seen == []


def test_only_listed_origins_get_a_signature(session: requests.Session, service: Loopback, other: Loopback) -> None:
    for url in (other.origin, service.origin.replace("127.0.0.1", "localhost")):
        with pytest.raises(ClientError) as refused:
            session.post(url, data=b"body", auth=auth_for(service))
        assert refused.value.code == "signing_refused"
    assert service.seen == other.seen == []


# Clocks


@pytest.mark.parametrize("seconds", [-60, 60], ids=["behind", "ahead"])
def test_a_wrong_clock_is_corrected_once(session: requests.Session, service: Loopback, seconds: int) -> None:
    auth = auth_for(service, clock=off_by(seconds))
    responses = [session.post(f"{service.origin}/x", data=iter([b"body"]), auth=auth) for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 200]
    assert [len(response.history) for response in responses] == [1, 0]
    assert len(set(service.nonces)) == len(service.seen) == 3


def test_a_clock_may_be_left_alone(session: requests.Session, service: Loopback) -> None:
    auth = auth_for(service, clock=off_by(-60), correct_clock=False)
    assert session.get(service.origin, auth=auth).json()["code"] == "stale_request"
    assert len(service.seen) == 1


def test_a_server_that_lies_about_time_is_not_followed(session: requests.Session, service: Loopback) -> None:
    service.answers["/"] = service.refuse(error("stale_request"), time_ns() + 3_600 * SECOND)
    with pytest.raises(AuthenticationError) as refused:
        session.get(service.origin, auth=auth_for(service))
    assert refused.value.code == "stale_request"
    assert len(service.seen) == 1


def test_a_server_that_is_never_content_is_asked_twice(session: requests.Session, service: Loopback) -> None:
    service.answers["/"] = service.refuse(error("stale_request"), time_ns() + 30 * SECOND)
    assert session.get(service.origin, auth=auth_for(service)).status_code == 401
    assert len(set(service.nonces)) == len(service.seen) == 2


def test_date_stands_in_for_an_unreadable_body(session: requests.Session, service: Loopback) -> None:
    service.answers["/"] = [(401, {"Date": formatdate(usegmt=True)}, b"x" * 70_000)]
    response = session.get(service.origin, auth=auth_for(service, clock=off_by(-60)), stream=True)
    assert response.status_code == 200
    response.close()
    assert len(service.seen) == 2


# Redirects


@pytest.mark.parametrize("follow", [True, False])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_to_another_origin(
    session: requests.Session, service: Loopback, other: Loopback, status: int, follow: bool
) -> None:
    service.answers["/go"] = (status, {"Location": f"{other.origin}/trap"}, b"")
    with pytest.raises(ClientError) as refused:
        session.post(f"{service.origin}/go", data=b"x", auth=auth_for(service, other), allow_redirects=follow)
    assert refused.value.code == "redirect_refused"
    assert other.seen == []


@pytest.mark.parametrize(
    "location", ["//127.0.0.1:1/trap", "https://127.0.0.1/trap", "HTTP://127.0.0.1/", "http://[::1]/"]
)
def test_every_spelling_of_another_origin_is_stopped(
    session: requests.Session, service: Loopback, location: str
) -> None:
    service.answers["/go"] = (302, {"Location": location}, b"")
    with pytest.raises(ClientError) as refused:
        session.get(f"{service.origin}/go", auth=auth_for(service))
    assert refused.value.code == "redirect_refused"
    assert len(service.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_origin_is_signed_afresh(
    session: requests.Session, service: Loopback, status: int
) -> None:
    service.answers["/go"] = (status, {"Location": "/there/[1]?q=ä|".encode().decode("latin-1")}, b"")
    response = session.post(f"{service.origin}/go", data=io.BytesIO(b"body"), auth=auth_for(service))
    assert response.status_code == 200, response.text
    assert response.json()["method"] == ("POST" if status > 303 else "GET")
    assert response.json()["size"] == (4 if status > 303 else 0)
    # The library sends the next request first; it has no signature then.
    assert [seen.target.partition("?")[0] for seen in service.seen] == ["/go", *["/there/%5B1%5D"] * 2]
    assert [bool(seen.credentials) for seen in service.seen] == [True, False, True]
    assert len(set(service.nonces)) == 2


def test_a_redirect_may_be_left_alone(session: requests.Session, service: Loopback) -> None:
    service.answers["/go"] = (307, {"Location": "/x"}, b"")
    response = session.get(f"{service.origin}/go", auth=auth_for(service), allow_redirects=False)
    assert response.status_code == 307
    assert len(service.seen) == 1
    assert response.next is not None
    assert session.send(response.next).status_code == 200
    assert len(set(service.nonces)) == 2


def test_a_chain_of_redirects_ends_where_it_leads_elsewhere(
    session: requests.Session, service: Loopback, other: Loopback
) -> None:
    service.answers["/a"] = (307, {"Location": "/b"}, b"")
    service.answers["/b"] = (307, {"Location": f"{other.origin}/trap"}, b"")
    with pytest.raises(ClientError) as refused:
        session.post(f"{service.origin}/a", data=b"secret", auth=auth_for(service))
    assert refused.value.code == "redirect_refused"
    assert other.seen == []


def test_a_redirect_may_come_before_the_clock_is_corrected(session: requests.Session, service: Loopback) -> None:
    service.answers["/go"] = [(307, {"Location": "/there"}, b"")]
    response = session.post(f"{service.origin}/go", data=b"body", auth=auth_for(service, clock=off_by(60)))
    assert response.status_code == 200
    assert len(set(service.nonces)) == len(service.nonces) == 3


def test_retries_below_the_signature_are_replays(session: requests.Session, service: Loopback) -> None:
    """Why the module says to leave `urllib3.Retry` off."""
    retries = requests.adapters.Retry(total=1, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
    service.answers["/"] = [(503, {}, b"")]
    session.get(service.origin, auth=auth_for(service))
    assert len(service.nonces) == 2
    assert len(set(service.nonces)) == 1
