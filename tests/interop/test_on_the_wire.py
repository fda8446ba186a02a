"""What our clients write into the request line, where no server shows it."""

from __future__ import annotations

import contextlib

import pytest

from clients import CLIENTS, Client
from keys import OUR_ALICE
from raw import Witness

BARE = {"/x?": "/x", "/?": "/", "/x??": "/x??", "/x?a?": "/x?a?", "/x?a=": "/x?a=", "/x": "/x", "": "/", "?": "/"}


@pytest.mark.parametrize("client", CLIENTS, indirect=True)
@pytest.mark.parametrize("target", BARE)
def test_bare_question_mark_is_not_sent(client: Client, target: str) -> None:
    with contextlib.closing(Witness()) as witness:
        assert client.send(OUR_ALICE["sr25519"], witness, "GET", target).status == 200
    assert witness.request_lines == [f"GET {BARE[target]} HTTP/1.1\r\n".encode()]
