"""FastAPI: `auth = HotkeyAuth(…)`, `auth.install(app)`, and `Depends(auth.caller)` on each route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from . import _core, asgi
from ._errors import BittensorAuthError, error
from ._openapi import describe, routes, stand_in

try:
    from fastapi import APIRouter, FastAPI, Request, Response
    from fastapi.openapi.models import APIKey
    from fastapi.security.base import SecurityBase
    from starlette.exceptions import HTTPException
except ImportError as missing:
    raise error("invalid_configuration", 'FastAPI is not installed: pip install "bittensor-auth[fastapi]"') from missing

if TYPE_CHECKING:
    from ._problem import Problem
    from ._service import Answer

__all__ = ["HotkeyAuth"]


class HotkeyAuth(asgi.HotkeyAuth):
    """Which hotkey calls a FastAPI application.

    ```python
    auth = HotkeyAuth(receiver="5F…", store=MemoryStore())
    app = FastAPI()
    auth.install(app)

    @app.post("/score")
    async def score(me: Annotated[Caller, Depends(auth.caller)]): ...
    ```

    `auth.caller` takes a signed request or a session token, `auth.signed` and `auth.session` only the one or the other.
    The settings are those of `bittensor_auth.asgi.HotkeyAuth`.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.caller = _CallerDependency(self, "HotkeyCaller", signed=True, session=True)
        """Dependency: the caller, by signature or session."""
        self.signed = _CallerDependency(self, "HotkeySignature", signed=True, session=False)
        """Dependency: the caller, by a signature over this very request."""
        self.session = _CallerDependency(self, "HotkeySession", signed=False, session=True)
        """Dependency: the caller, by a session token."""

    def require(self, policy: _core.Policy, *, signed: bool = True, session: bool = True) -> _CallerDependency:
        """Dependency: the caller, if `policy` welcomes it too. `Caller.roles` are those of `policy`."""
        self.check_policy(policy)
        if not (signed or session):
            raise error("invalid_configuration", "require: expected signed requests, sessions or both")
        name = "HotkeyCaller" if signed and session else "HotkeySignature" if signed else "HotkeySession"
        return _CallerDependency(self, name, signed=signed, session=session, policy=policy)

    def install(self, app: FastAPI, *, ready: str | None = None) -> None:
        """Adds what the dependencies need: the middleware that sees the raw request first, problem answers, the
        checks at start-up, and the security schemes in `/openapi.json`. Sub-applications are covered too.
        `ready`: the path of a readiness route, which is 503 until the registry knows the subnet."""
        app.add_middleware(asgi.HotkeyAuthMiddleware, auth=self, protect=(), session_prefix=None, ready=ready)
        app.add_exception_handler(_Refused, _answer)
        app.openapi = describe(app.openapi, cookies=self.takes_cookies)  # type: ignore[method-assign]

    def router(self, prefix: str = "/auth") -> APIRouter:
        """The session routes: `POST` challenge, session, refresh and logout, and `GET` session."""
        self.sessions  # noqa: B018 - an origin is required, and said so when the application is built
        router = APIRouter(prefix=prefix, tags=["session"])
        described = routes(cookies=self.takes_cookies)
        for (method, path), handle in asgi.session_routes(self, "").items():
            name = handle.__name__
            router.add_api_route(
                path, self._endpoint(handle), methods=[method], name=name, operation_id=name, **described[name]
            )
        return router

    def _endpoint(self, handle: Callable[..., Awaitable[Answer]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                answer = await asgi.serve_route(self, handle, request.scope, request.receive)
            except BittensorAuthError as failure:
                raise _Refused(self, failure, request) from None
            except asgi._Disconnected:
                return Response()  # nobody is there to read it
            status, headers, body = asgi.encode_json(answer, answer.cookies)
            return _raw(status, headers, body)

        return endpoint


class _CallerDependency(SecurityBase):
    """`Depends(…)` of it gives the `Caller`; FastAPI lists it as a security requirement in `/openapi.json`."""

    def __init__(
        self,
        auth: HotkeyAuth,
        scheme_name: str,
        *,
        signed: bool,
        session: bool,
        policy: _core.Policy | None = None,
    ) -> None:
        self.model = APIKey(**stand_in(scheme_name))
        self.scheme_name = scheme_name
        self._auth = auth
        self._signed = signed
        self._session = session
        self._policy = policy

    async def __call__(self, request: Request) -> _core.Caller:
        try:
            return await self._auth.identify(
                request.scope, signed=self._signed, session=self._session, policy=self._policy
            )
        except BittensorAuthError as failure:
            raise _Refused(self._auth, failure, request) from None


class _Refused(HTTPException):
    """A failed check on its way through FastAPI's exception handlers; one that does not know it still answers well."""

    def __init__(self, auth: HotkeyAuth, failure: BittensorAuthError, request: Request) -> None:
        self.problem: Problem = auth.problem(failure, request.scope["headers"])
        detail: Any = self.problem.body  # FastAPI's own exception takes any JSON, Starlette's says text
        super().__init__(self.problem.status, detail=detail, headers=self.problem.headers)


async def _answer(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, _Refused)
    return _raw(*refused.problem.encode())


def _raw(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Response:
    response = Response(body, status)
    response.raw_headers = headers
    return response
