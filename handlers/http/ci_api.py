"""Everything below `/v1/`: what CI calls, and what registries tell.

It is loaded with the first call, for it is a third of what a start would load, and most bots are
never called.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from handlers.http import problems
from handlers.http.authentication import Authentication
from handlers.http.commands_api import CommandsApi
from handlers.http.door import OPENAPI, Door
from handlers.http.hooks import RegistryHooks


@dataclass(frozen=True)
class CiApi:
    """The operations, and who is let in to them."""

    commands: CommandsApi
    authentication: Authentication
    hooks: RegistryHooks

    def app(self) -> FastAPI:
        """The endpoints; no pages of documentation, for there is nobody to read them."""
        app = FastAPI(
            title="swarmbot", version="1", docs_url=None, redoc_url=None, openapi_url=OPENAPI
        )
        problems.install(app)
        app.include_router(self.commands.router())
        app.include_router(self.hooks.router())
        app.add_middleware(Door, authentication=self.authentication)
        return app
