"""The requests that Slack delivered already.

Slack sends a request again where its acknowledgement is late, and a deploy must not run twice.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from redis import Redis

from bot.clock import boot_seconds
from bot.errors import StoreUnavailableError
from bot.store.connection import guarded, key

_MOST_REMEMBERED = 5_000
"""Eight a second for ten minutes, while Redis is away."""


class Seen:
    """Claims of names, shared by all bots. With Redis away each process goes by its own memory,
    measured by `monotonic`: like claims in Redis, that one ends while the machine is suspended."""

    def __init__(self, redis: Redis, monotonic: Callable[[], float] = boot_seconds) -> None:
        self._redis = redis
        self._monotonic = monotonic
        self._until: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, name: str, seconds: int = 600) -> bool:
        """Claim a name for some seconds; False where it is claimed already."""
        if not self._claim_in_memory(name, seconds):
            return False
        try:
            with guarded():
                return bool(self._redis.set(key("seen", name), "1", nx=True, ex=seconds))
        except StoreUnavailableError:
            return True

    def _claim_in_memory(self, name: str, seconds: int) -> bool:
        now = self._monotonic()
        with self._lock:
            if self._until.get(name, 0) > now:
                return False
            self._until[name] = now + seconds
            self._until.move_to_end(name)
            if len(self._until) > _MOST_REMEMBERED:
                self._until.popitem(last=False)
            return True
