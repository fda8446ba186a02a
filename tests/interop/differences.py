"""Where servers differ in the targets that they let through: each difference, and its reason."""

from __future__ import annotations

from dataclasses import dataclass

ASGI = (
    "fastapi-httptools",
    "fastapi-h11",
    "fastapi-hypercorn",
    "starlette-hypercorn",
    "quart-hypercorn",
    "litestar-hypercorn",
)


@dataclass(frozen=True)
class Difference:
    """A signed target that is refused. Without a `code` the framework answers, before it asks anybody."""

    mark: str
    flavours: tuple[str, ...]
    wire: str
    status: int
    code: str | None
    reason: str

    @property
    def answer(self) -> str:
        return f"{self.status} `{self.code}`" if self.code else f"{self.status} by the framework"


DIFFERENCES = [
    Difference(
        "a",
        ASGI,
        "/echo/x?",
        401,
        "bad_signature",
        "ASGI servers show `/x` for `/x?`, and a verifier never tries a second form. Only the recipe of the SDK's "
        "guide sends it: our clients send and sign `/x`",
    ),
    Difference("b", ("node-fastify",), "/echo/%zz", 400, None, "its router takes no malformed escape from anybody"),
    Difference(
        "c", ("node-hono",), "/echo/a\\b", 400, None, "its adapter for Node answers before the application is asked"
    ),
]


def difference(flavour: str, wire: str) -> Difference | None:
    """What this server does to a target that is signed as it is on the wire, if not accept it."""
    plain = flavour.removesuffix("-knows-prefix")
    return next((each for each in DIFFERENCES if plain in each.flavours and each.wire == wire), None)
