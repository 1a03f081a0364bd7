"""Lets several looks at the same part of the world share one read: of a large Swarm each takes
seconds, and tens of megabytes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bot.clock import boot_seconds

Read = TypeVar("Read")


class SharedRead(Generic[Read]):
    """One read at a time. Who asks while one is under way waits for the next, and so do all who ask
    meanwhile: nobody is told what was read before they asked."""

    def __init__(
        self, read: Callable[[], Read], monotonic: Callable[[], float] = boot_seconds
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._latest: tuple[float, Read] | None = None

    def __call__(self) -> Read:
        """What is there now. Raises what the read raises."""
        asked_at = self._monotonic()
        with self._lock:
            latest = self._latest
            if latest is None or latest[0] < asked_at:
                latest = self._latest = self._monotonic(), self._read()
            return latest[1]

    def forget(self) -> None:
        """Keep nothing of what was read; returns at once."""
        self._latest = None
