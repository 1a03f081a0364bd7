"""Notices that the bot itself stands still, by a thread of its own: a job that looked after the
jobs would stand still with them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.clock import REAL, Clocks

log = logging.getLogger(__name__)

LOOKS_EVERY = 1.0
BEAT_WITHIN = 15.0
"""Seconds after which a scheduler that begins nothing stands still: it looks twice a second."""
LOOK_WITHIN = 90.0
"""Seconds without a look after which the watch of a leader stands still: it looks every five."""


@dataclass
class Watchdog:
    """Looks at the scheduler and at the watch, all in monotonic seconds.

    `beat` says how long ago the scheduler last began what was due, `looked_at` when the watch last
    looked, `leads` whether that is this bot's to do; `on_stall` counts.
    """

    beat: Callable[[], float]
    looked_at: Callable[[], float]
    leads: Callable[[], bool]
    on_stall: Callable[[], None] = lambda: None
    clocks: Clocks = REAL
    _led_since: float | None = None
    _told: str = ""
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Look from now on."""
        self.clocks.start("watchdog", self._keep_looking)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def look(self) -> None:
        """One look; what is wrong is logged and counted once, until it is over."""
        if not self.leads():
            self._led_since = None
        elif self._led_since is None:
            self._led_since = self.clocks.monotonic()
        wrong = self.stands_still()
        if wrong and not self._told:
            log.error("%s", wrong)
            self.on_stall()
        elif self._told and not wrong:
            log.warning("it is over: %s", self._told)
        self._told = wrong

    def looked_seconds_ago(self) -> float | None:
        """How long ago the watch last looked; None where another bot watches.

        Who has only begun to lead has had no time for a look before that.
        """
        since = self._led_since
        if since is None:
            return None
        return self.clocks.monotonic() - max(since, self.looked_at())

    def stands_still(self) -> str:
        """What stands still, and for how long; empty where nothing does."""
        beat, looked = self.beat(), self.looked_seconds_ago()
        if beat > BEAT_WITHIN:
            return f"no job has been begun for {beat:.0f} s"
        if looked is not None and looked > LOOK_WITHIN:
            return f"the watch last looked {looked:.0f} s ago"
        return ""

    def _keep_looking(self) -> None:
        while not self._stopping.wait(LOOKS_EVERY):
            try:
                self.look()
            except Exception:
                log.exception("the watchdog stumbled")
