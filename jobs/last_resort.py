"""Ends a bot that has not been ready for long: whatever holds it, a new process begins anew.

Docker restarts what ends, and leaves alone what lives and does nothing: a container is healthy for
as long as its process answers.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.clock import REAL, Clocks

log = logging.getLogger(__name__)

GIVE_UP_SECONDS = 900.0
"""Longer than what comes back by itself takes: an upgrade of Redis, a quorum that is repaired."""
_LOOKS_EVERY = 10.0
_NEEDS_A_PERSON = frozenset({"slack", "channels", "alerts"})


def mended_by_a_restart(
    readiness: Mapping[str, Callable[[], str]], link: Callable[[], str]
) -> Mapping[str, Callable[[], str]]:
    """What of readiness a new process may find in order again; `link` is the link to Slack.

    A token that was taken away and a channel that takes no messages wait for a person, and what
    waits to be said would be lost by a restart.
    """
    rest = {name: check for name, check in readiness.items() if name not in _NEEDS_A_PERSON}
    return {**rest, "link": link}


@dataclass
class LastResort:
    """Looks at what a restart may mend, by a thread of its own; `end` is called once."""

    checks: Mapping[str, Callable[[], str]]
    end: Callable[[], None]
    clocks: Clocks = REAL
    _failing_since: float | None = None
    _ended: bool = False
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Look from now on."""
        self.clocks.start("last resort", self._keep_looking)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def look(self) -> None:
        """One look."""
        missing = {name: why for name, check in self.checks.items() if (why := check())}
        now = self.clocks.monotonic()
        if not missing:
            self._failing_since = None
            return
        self._failing_since = now if self._failing_since is None else self._failing_since
        if now - self._failing_since >= GIVE_UP_SECONDS and not self._ended:
            self._ended = True
            told = "; ".join(f"{name}: {why}" for name, why in missing.items())
            log.error("not ready for %.0f min, and ends: %s", GIVE_UP_SECONDS / 60, told)
            self.end()

    def _keep_looking(self) -> None:
        while not self._stopping.wait(_LOOKS_EVERY):
            try:
                self.look()
            except Exception:
                log.exception("the last resort stumbled")
