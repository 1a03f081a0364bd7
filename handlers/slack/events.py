"""Slack's HTTP mode: its requests arrive at a route of the bot's own, without an app token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

SlackEndpoint = Callable[[Request], Awaitable[Response]]


def endpoint(app: App) -> SlackEndpoint:
    """What answers Slack's requests; Bolt verifies their signature. Off the event loop, since
    Bolt's app is synchronous."""

    async def events(request: Request) -> Response:
        body = await request.body()
        answer = await run_in_threadpool(app.dispatch, to_bolt_request(request, body))
        return to_starlette_response(answer)

    return events
