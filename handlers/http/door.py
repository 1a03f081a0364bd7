"""What every call below `/v1/` passes before anything of it is read: who calls, and how much they
send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import (
    IssuerUnavailableError,
    StoreUnavailableError,
    TooManyCallsError,
    UnauthenticatedError,
)
from handlers.http.authentication import SCHEME, Authentication, Caller
from handlers.http.problems import ProblemError, refused
from handlers.http.server import PREFIX

OPENAPI = "/v1/openapi.json"
HOOKS = "/v1/hooks/"
"""Hooks have secrets of their own."""
MOST_BODY = 64 * 1024
"""Bytes of a body."""
BODY_SECONDS = 10.0
"""So long may a body take to arrive."""
READERS = 8
"""Threads that read tokens: while Redis is away each takes seconds, and `/healthz` is not to wait
for calls of whoever has none."""
_WITH_BODY = ("POST", "PUT", "PATCH")


class Door:
    """Lets calls in whose token is known, with bodies of JSON that are not too large.

    The app finds the `Caller` in `request.state.caller`.
    """

    def __init__(self, app: ASGIApp, authentication: Authentication) -> None:
        self._app = app
        self._authentication = authentication
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="door")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        try:
            if scope["path"] != OPENAPI and not scope["path"].startswith(HOOKS):
                await self._authenticate(scope)
            if scope["method"] in _WITH_BODY:
                receive = _replayed(await _body(scope, receive), receive)
        except ProblemError as problem:
            await problem.response()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _authenticate(self, scope: Scope) -> None:
        shown, client = Headers(scope=scope).get("authorization", ""), scope.get("client")
        address = str(client[0]) if client else ""
        try:
            caller = await asyncio.get_running_loop().run_in_executor(
                self._readers, self._authentication.caller, shown, address
            )
        except UnauthenticatedError:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "The token is missing, wrong, expired or revoked.",
                headers={"WWW-Authenticate": SCHEME},
            ) from None
        except TooManyCallsError as error:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"Too many calls: try again in {error.retry_after} s.",
                headers={"Retry-After": str(error.retry_after)},
            ) from None
        except (IssuerUnavailableError, StoreUnavailableError) as error:
            raise refused(error) from None
        scope.setdefault("state", {})["caller"] = caller


def known_caller(request: Request) -> Caller:
    """Who calls, as the door has found."""
    caller: Caller = request.state.caller
    return caller


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The body, which is JSON. Raises ProblemError where it is not, or is too large or too late."""
    headers = Headers(scope=scope)
    is_hook = scope["path"].startswith(HOOKS)
    if (
        not is_hook
        and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json"
    ):
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body is application/json.")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _all_of(receive)
    except TimeoutError:
        raise ProblemError(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time.") from None


async def _all_of(receive: Receive) -> bytes:
    """However it is sent: what a header says of its length is not relied on."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body has {MOST_BODY} bytes at most.",
                headers={"Connection": "close"},
            )
    return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the app the body that was read, and then whatever comes."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    following: Callable[[], Message] = parts.pop

    async def replay() -> Message:
        return following() if parts else await receive()

    return replay
