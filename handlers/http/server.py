"""HTTP: health, readiness and metrics, for the operator's own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from handlers.http.startup import Startup

if TYPE_CHECKING:
    from handlers.http.ci_api import CiApi

Checks = Mapping[str, Callable[[], str]]
"""By name, what says why something is missing; an empty text where all is well."""
PREFIX = "/v1/"
"""Below this path CI calls, and every error is a problem document."""


@dataclass(frozen=True)
class Web:
    """What the endpoints ask.

    `looked_seconds_ago`: since the last look of the watch; None where another bot watches.
    Only clients in `details` learn why something is missing, and what is warned of: the reasons
    name engines, addresses and channels. `ci` loads what CI calls; it is asked once.
    """

    checks: Checks
    metrics: Callable[[], bytes]
    details: Sequence[IPv4Network | IPv6Network] = ()
    looked_seconds_ago: Callable[[], float | None] = lambda: None
    warnings: Callable[[], Mapping[str, str]] = dict
    ci: Callable[[], CiApi] | None = None

    def app(self) -> ASGIApp:
        """The endpoints, those of CI included."""
        own = Starlette(
            routes=[
                Route("/healthz", self.health),
                Route("/startupz", Startup(self.checks).answer),
                Route("/readyz", self.ready),
                Route("/metrics", self.exposition),
            ]
        )
        return _WithCi(own, self.ci) if self.ci else own

    def health(self, request: Request) -> JSONResponse:
        """The process lives and answers."""
        del request
        return JSONResponse({"status": "ok"})

    def ready(self, request: Request) -> JSONResponse:
        """200 when everything that the bot needs is there; else 503, and what is missing."""
        told = self._may_know_why(request)
        missing = {
            name: why if told else "" for name, check in self.checks.items() if (why := check())
        }
        ago = self.looked_seconds_ago()
        content: dict[str, object] = {
            "ready": not missing,
            "missing": missing,
            "looked_seconds_ago": None if ago is None else round(ago, 1),
        }
        if told and (warnings := self.warnings()):
            content["warnings"] = dict(warnings)
        return JSONResponse(content, 503 if missing else 200)

    def _may_know_why(self, request: Request) -> bool:
        client = ip_address(request.client.host) if request.client else None
        return client is not None and any(client in network for network in self.details)

    def exposition(self, request: Request) -> Response:
        """Prometheus' text format."""
        del request
        return Response(self.metrics(), media_type="text/plain; version=0.0.4")


class _WithCi:
    """Leads calls of CI to their app, which the first of them makes, in a thread: whoever asks for
    health meanwhile is answered."""

    def __init__(self, own: ASGIApp, ci: Callable[[], CiApi]) -> None:
        self._own = own
        self._ci = ci
        self._made: ASGIApp | None = None
        self._making = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._own(scope, receive, send)
            return
        app = self._made
        if app is None:
            app = await run_in_threadpool(self._make)
        await app(scope, receive, send)

    def _make(self) -> ASGIApp:
        with self._making:
            if self._made is None:
                self._made = self._ci().app()
            return self._made


class Server:
    """uvicorn in a thread of the bot, on a socket that listens already."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        self._socket = listener
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="http", daemon=True
        )

    @property
    def port(self) -> int:
        """The TCP port, also where 0 was asked for."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being answered, and end."""
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()
