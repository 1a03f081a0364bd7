"""How many calls one caller may make in a minute, and how many an address without a valid token.

Every bot counts for itself, in memory.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import TooManyCallsError

SECONDS = 60.0
_MOST_KNOWN = 1000


@dataclass
class CallRates:
    """At most `most` of each key within a minute. `monotonic` counts seconds."""

    most: int
    monotonic: Callable[[], float] = time.monotonic
    _sent: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, key: str) -> None:
        """Count one; raises TooManyCallsError for one that is too many, which is not counted."""
        now = self.monotonic()
        with self._lock:
            sent = self._sent.setdefault(key, deque())
            self._sent.move_to_end(key)
            while sent and now - sent[0] >= SECONDS:
                sent.popleft()
            if len(self._sent) > _MOST_KNOWN:
                self._sent.popitem(last=False)
            if len(sent) >= self.most:
                raise TooManyCallsError(max(1, math.ceil(SECONDS - (now - sent[0]))))
            sent.append(now)
