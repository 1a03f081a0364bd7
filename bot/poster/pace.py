"""How fast the bot may post: Slack's limits, and the budget for edits that all channels share."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Seconds from any origin, never going back."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Slack's limits and the poster's patience, in seconds.

    `edit_gap` lies between two edits of one message, but for its end, which is shown at once;
    `edits_per_minute` and `edit_burst` bound all edits together; `first_retry` doubles up to
    `last_retry`; after `patience` a call is given up; while Slack refuses the bot altogether, each
    is tried every `stopped`; a queue holds `most_waiting` calls; an idle queue's thread ends after
    `idle`.
    """

    edit_gap: float = 1.0
    edits_per_minute: float = 50.0
    edit_burst: float = 20.0
    first_retry: float = 0.5
    last_retry: float = 10.0
    patience: float = 1800.0
    stopped: float = 15.0
    most_waiting: int = 1000
    idle: float = 60.0

    def retry_after(self, attempt: int) -> float:
        """Seconds to wait before a retry; `attempt` is 1 for the first.

        Random within a quarter, so that queues do not retry in step.
        """
        wait = min(self.last_retry, self.first_retry * 2.0 ** min(attempt - 1, 16))
        return wait * random.uniform(0.75, 1.0)  # noqa: S311 - spreads retries, guards nothing


class Budget:
    """A token bucket for `chat.update`.

    Urgent edits may overdraw it by one burst, and so come before the others.
    """

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._rate = pace.edits_per_minute / 60
        self._burst = pace.edit_burst
        self._clock = clock
        self._tokens = pace.edit_burst
        self._at = clock()
        self._lock = threading.Lock()

    def take(self, *, urgent: bool) -> float:
        """Take a token and return 0, or take none and return the seconds until the next try."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            floor = 1 - self._burst if urgent else 1.0
            if self._tokens >= floor:
                self._tokens -= 1
                return 0.0
            return (floor - self._tokens) / self._rate
