"""Request bodies of every kind, and how each client is told to send them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp

MEGABYTE = bytes(range(256)) * 3_906 + bytes(64)
"""1,000,000 bytes with every byte value."""
LIMIT = 1_048_576
"""The largest body that our servers accept unless told otherwise."""
FIELDS = {"text": "grüße ☃", "tokens": "3"}
FILES = [
    ("a.bin", MEGABYTE[:70_000], "application/octet-stream"),
    ("ä ö.txt", "grüße".encode(), "text/plain"),
]


@dataclass(frozen=True)
class Content:
    """Bytes. In pieces of `piece` bytes they come from a generator, so clients send them in chunks."""

    name: str
    data: bytes
    piece: int | None = None

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), self.piece or 1):
            yield self.data[start : start + (self.piece or 1)]

    async def pieces_async(self) -> AsyncIterator[bytes]:
        for piece in self.pieces():
            yield piece

    def for_httpx(self) -> dict[str, Any]:
        return {"content": self.pieces() if self.piece else self.data}

    def for_httpx_async(self) -> dict[str, Any]:
        return {"content": self.pieces_async() if self.piece else self.data}

    def for_requests(self) -> dict[str, Any]:
        return {"data": self.pieces() if self.piece else self.data}

    def for_aiohttp(self) -> dict[str, Any]:
        return {"data": self.pieces_async() if self.piece else self.data}


@dataclass(frozen=True)
class Fields:
    """Values that the client encodes: as `json`, as a form, or with files as multipart."""

    name: str
    encoding: str

    def for_requests(self) -> dict[str, Any]:
        if self.encoding == "json":
            return {"json": FIELDS}
        files = {"files": [("files", file) for file in FILES]} if self.encoding == "multipart" else {}
        return {"data": FIELDS, **files}

    def for_httpx(self) -> dict[str, Any]:
        return self.for_requests()

    def for_httpx_async(self) -> dict[str, Any]:
        return self.for_requests()

    def for_aiohttp(self) -> dict[str, Any]:
        if self.encoding == "json":
            return {"json": FIELDS}
        form = aiohttp.FormData(FIELDS, default_to_multipart=self.encoding == "multipart")
        for name, data, content_type in FILES if self.encoding == "multipart" else []:
            form.add_field("files", data, filename=name, content_type=content_type)
        return {"data": form}


JSON = Fields("json", "json")
FORM = Fields("form", "form")
MULTIPART = Fields("multipart", "multipart")
BODIES: list[Content | Fields] = [
    Content("empty", b""),
    Content("one-byte", b"\x00"),
    Content("line-ends", b"a\r\nb\n\n"),
    Content("not-utf-8", b"\xff\xfe\x00"),
    JSON,
    FORM,
    MULTIPART,
    Content("megabyte", MEGABYTE),
    Content("at-the-limit", b"x" * LIMIT),
    Content("chunked", MEGABYTE[:100_000], 16_384),
    Content("chunked-megabyte", MEGABYTE, 65_536),
    Content("chunked-tiny", b"0123456789", 1),
    Content("chunked-and-empty", b"", 1),
]
