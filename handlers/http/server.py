"""HTTP: health, readiness and metrics, for the operator's own network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from handlers.http import problems
from handlers.http.authentication import Authentication
from handlers.http.commands_api import CommandsApi
from handlers.http.door import OPENAPI, Door
from handlers.http.hooks import RegistryHooks

Checks = Mapping[str, Callable[[], str]]
"""By name, what says why something is missing; an empty text where all is well."""


@dataclass(frozen=True)
class Web:
    """What the endpoints ask.

    `looked_seconds_ago`: since the last look of the watch; None where another bot watches.
    Only clients in `details` learn why something is missing, and what is warned of: the reasons
    name engines, addresses and channels.
    """

    checks: Checks
    metrics: Callable[[], bytes]
    details: Sequence[IPv4Network | IPv6Network] = ()
    looked_seconds_ago: Callable[[], float | None] = lambda: None
    warnings: Callable[[], Mapping[str, str]] = dict
    commands: CommandsApi | None = None
    authentication: Authentication | None = None
    hooks: RegistryHooks | None = None

    def app(self) -> FastAPI:
        """The endpoints; no pages of documentation, for there is nobody to read them."""
        app = FastAPI(
            title="swarmbot",
            version="1",
            docs_url=None,
            redoc_url=None,
            openapi_url=OPENAPI if self.commands else None,
        )
        app.get("/healthz", include_in_schema=False)(self.health)
        app.get("/readyz", include_in_schema=False)(self.ready)
        app.get("/metrics", include_in_schema=False)(self.exposition)
        problems.install(app)
        if self.commands and self.authentication:
            app.include_router(self.commands.router())
            if self.hooks:
                app.include_router(self.hooks.router())
            app.add_middleware(Door, authentication=self.authentication)
        return app

    def health(self) -> dict[str, str]:
        """The process lives and answers."""
        return {"status": "ok"}

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

    def exposition(self) -> Response:
        """Prometheus' text format."""
        return Response(self.metrics(), media_type="text/plain; version=0.0.4")


class Server:
    """uvicorn in a thread of the bot, on a socket that listens already."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
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
