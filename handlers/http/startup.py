"""Whether the bot has started: for Docker's health check, by which an update goes on or is rolled
back.

A new bot counts when it has reached Slack, Redis and an engine once. Afterwards it counts for as
long as it answers: what is away later comes back without a restart, and where one may help, the bot
ends by itself (`jobs/last_resort.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse

_NEEDED = ("slack", "redis", "engines")
"""The other checks are about what the operator can mend while the bot runs, such as a channel that
it was not invited to."""


@dataclass
class Startup:
    """Remembers that all that a bot needs was there once; `checks` as for readiness."""

    checks: Mapping[str, Callable[[], str]]
    _started: bool = False

    def answer(self, request: Request) -> JSONResponse:
        """200 from the first time on that all was there; before, 503 and the names."""
        del request
        missing = self.missing()
        return JSONResponse({"started": not missing, "missing": missing}, 503 if missing else 200)

    def missing(self) -> list[str]:
        """The names of what has not been reached yet; empty from the first time on."""
        if self._started:
            return []
        missing = [name for name in _NEEDED if name in self.checks and self.checks[name]()]
        self._started = not missing
        return missing
