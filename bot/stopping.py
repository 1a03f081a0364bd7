"""The end of the bot, and the clock by which a change measures what it waits for."""

from __future__ import annotations

import threading
import time


class Stopping(threading.Event):
    """Set when the bot is about to end.

    Whatever a change waits for, it waits for it by `wait`, which ends early when this is set, and
    measures it by `monotonic`. So the time of a change can be turned by hand in tests.
    """

    def monotonic(self) -> float:
        """Seconds from any origin, never going back."""
        return time.monotonic()
