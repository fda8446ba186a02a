"""Request targets, as a person writes them and as HTTP clients put them on the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """`given` stands behind the origin in the URL; the others are what each client makes of it, if it changes it."""

    name: str
    given: str
    httpx: str | None = None
    requests: str | None = None
    aiohttp: str | None = None

    def on_the_wire(self, client: str) -> str:
        """What this client sends: `httpx`, `requests` or `aiohttp`."""
        return getattr(self, client) or self.given


def _alike(name: str, given: str, wire: str) -> Target:
    return Target(name, given, wire, wire, wire)


def _strict(name: str, given: str, wire: str) -> Target:
    """Only httpx sends it as it is; the other two rewrite it."""
    return Target(name, given, None, wire, wire)


BARE_QUESTION_MARK = _strict("bare-question-mark", "/echo/x?", "/echo/x")
"""The one target that the SDK's own recipes refuse each other: ASGI servers lose the `?` that httpx sends and signs."""

UNALIKE = [
    _alike("unicode", "/echo/grüße/☃?q=é", "/echo/gr%C3%BC%C3%9Fe/%E2%98%83?q=%C3%A9"),
    _alike("dot-segments", "/echo/a/./b/../c", "/echo/a/c"),
    _alike("leading-dot-segments", "/echo/../echo/x", "/echo/x"),
    _alike("fragment", "/echo/a?b#frag", "/echo/a?b"),
    Target("space", "/echo/a b?c d", "/echo/a%20b?c%20d", "/echo/a%20b?c%20d", "/echo/a%20b?c+d"),
    Target("json-in-query", '/echo?q={"a":1}', "/echo?q={%22a%22:1}", *["/echo?q=%7B%22a%22:1%7D"] * 2),
    Target("sgml-in-path", '/echo/^`<>"', "/echo/^%60%3C%3E%22", *["/echo/%5E%60%3C%3E%22"] * 2),
    Target("sgml-in-query", '/echo?^`<>"', "/echo?^`%3C%3E%22", *["/echo?%5E%60%3C%3E%22"] * 2),
    Target("escaped-dot-segment", "/echo/%2e%2e/echo/x", None, "/echo/../echo/x", "/echo/x"),
    _strict("lower-case-escape", "/echo/a%2fb", "/echo/a%2Fb"),
    _strict("tilde", "/echo/%7Ex~?%7E", "/echo/~x~?~"),
    _strict("pipe", "/echo/a|b?c|d", "/echo/a%7Cb?c%7Cd"),
    _strict("brackets", "/echo/a[0]?b[]=1", "/echo/a%5B0%5D?b%5B%5D=1"),
    _strict("backslash", r"/echo/a\b", "/echo/a%5Cb"),
    _strict("bad-escape", "/echo/%zz", "/echo/%25zz"),
]
ALIKE = [
    Target("plain", "/echo"),
    Target("trailing-slash", "/echo/"),
    Target("query", "/echo?a=1&b=2"),
    Target("query-order", "/echo?b=2&a=1&a=3"),
    Target("empty-value", "/echo?a="),
    Target("no-value", "/echo?a"),
    Target("question-in-query", "/echo?a=b?c"),
    Target("two-questions", "/echo??"),
    Target("slash-escape", "/echo/a%2Fb"),
    Target("space-escape", "/echo/a%20b?c%20d"),
    Target("percent-escape", "/echo/100%25"),
    Target("twice-escaped", "/echo/100%2525"),
    Target("double-slashes", "/echo//a//b"),
    Target("semicolon", "/echo/a;b=1?c;d"),
    Target("plus", "/echo/a+b?c+d=e+f"),
    Target("apostrophe", "/echo/it's?q='x'"),
    Target("sub-delimiters", "/echo/a:b@c,d!$&*(e)="),
    Target("8000-bytes", "/echo/" + "x" * 7_994),
]
TARGETS = [*ALIKE, *UNALIKE]
"""Every target that the SDK and we agree about, whoever signs and whoever verifies."""


def named(targets: list[Target]) -> dict[str, object]:
    """Arguments of `pytest.mark.parametrize` for these targets."""
    return {"argnames": "target", "argvalues": targets, "ids": [target.name for target in targets]}
