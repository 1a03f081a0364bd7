"""Slack's HTTP mode: its requests arrive on a listener of their own, without an app token.

What is reached from the Internet shows nothing but this one route, and reads no more than Slack
ever sends before the signature is judged.
"""

from __future__ import annotations

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import traces
from bot.spans import SpanKind

MOST_BODY = 1 << 20
"""Bytes of one request; the largest that Slack sends are modals and messages of some hundred kB."""


def web_app(app: App) -> Starlette:
    """The listener's only route.

    Bolt verifies the signature, off the event loop, since its app is synchronous.
    """

    async def events(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        answer = await run_in_threadpool(_dispatched, app, to_bolt_request(request, body))
        return to_starlette_response(answer)

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])


def _dispatched(app: App, request: BoltRequest) -> BoltResponse:
    with traces.occasion("slack request", kind=SpanKind.SERVER):
        return app.dispatch(request)


async def _body(request: Request) -> bytes | None:
    """The body; None as soon as it is longer than `MOST_BODY`."""
    if _length(request) > MOST_BODY:
        return None
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > MOST_BODY:
            return None
    return bytes(parts)


def _length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else MOST_BODY + 1
