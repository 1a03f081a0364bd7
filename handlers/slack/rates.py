"""How many lines one person may send in a while, so that nobody keeps the bot from others.

Every bot counts for itself, in memory.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

LINES = 30
SECONDS = 10.0
_MOST_PEOPLE = 1000


class Admission(StrEnum):
    """What becomes of a line: it goes on, its sender is told to wait, or it is dropped."""

    GO = "go"
    TELL = "tell"
    DROP = "drop"


@dataclass
class Rates:
    """Lines of each person within the last seconds. `clock` counts seconds."""

    clock: Callable[[], float] = time.monotonic
    _sent: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _told: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_line(self, user_id: str) -> Admission:
        """Count a line; of those that are too many only the first in a while is answered."""
        now = self.clock()
        with self._lock:
            sent = self._sent.setdefault(user_id, deque())
            self._sent.move_to_end(user_id)
            while sent and now - sent[0] >= SECONDS:
                sent.popleft()
            if len(self._sent) > _MOST_PEOPLE:
                self._told.pop(self._sent.popitem(last=False)[0], None)
            if len(sent) < LINES:
                sent.append(now)
                return Admission.GO
            if now - self._told.get(user_id, float("-inf")) < SECONDS:
                return Admission.DROP
            self._told[user_id] = now
            return Admission.TELL
