"""Whether the bot has started: for Docker's health check, by which an update goes on or is rolled
back.

A new bot counts when it has reached Slack, Redis and an engine once. Afterwards it counts for as
long as it answers: what is away later comes back without a restart, and where one may help, the bot
ends by itself (`jobs/last_resort.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse

log = logging.getLogger(__name__)

_NEEDED = ("slack", "redis", "engines")
"""The other checks are about what the operator can mend while the bot runs, such as a channel that
it was not invited to."""


@dataclass
class Startup:
    """Remembers that all that a bot needs was there once; `checks` as for readiness."""

    checks: Mapping[str, Callable[[], str]]
    _started: bool = False
    _logged: str = ""

    def answer(self, request: Request) -> JSONResponse:
        """200 from the first time on that all was there; before, 503 and the names."""
        del request
        missing = self.missing()
        return JSONResponse({"started": not missing, "missing": missing}, 503 if missing else 200)

    def missing(self) -> list[str]:
        """The names of what has not been reached yet; empty from the first time on.

        Why it is missing is logged once: a bot that Docker ends because it is not healthy leaves
        nothing else behind.
        """
        if self._started:
            return []
        reasons = {
            name: reason
            for name in _NEEDED
            if name in self.checks and (reason := self.checks[name]())
        }
        self._started = not reasons
        self._log("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
        return list(reasons)

    def _log(self, reasons: str) -> None:
        if not reasons:
            log.info("has reached all that it needs")
        elif reasons != self._logged:
            log.warning("has not reached all that it needs yet: %s", reasons)
        self._logged = reasons
