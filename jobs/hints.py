"""Where something may have happened, to be looked at soon by a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.observer import Scope

log = logging.getLogger(__name__)

TICK = 0.5
"""Seconds after which it is heeded that nobody gave a hint."""
GAP = 0.1
"""Seconds at least between two looks, so that a hundred events at once are one look."""


@dataclass
class Hints:
    """Hints for one thread, which calls `heed` with all that came since it was called last; without
    any, twice a second. After each look it rests: for as long as that took, or, where `urgent`,
    only for a moment."""

    name: str
    heed: Callable[[frozenset[Scope]], None]
    urgent: bool = False
    _wanted: set[Scope] = field(default_factory=set)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _stopping: bool = False

    def give(self, scopes: frozenset[Scope]) -> None:
        """Something may have happened there; returns at once."""
        if not scopes:
            return
        with self._wake:
            self._wanted.update(scopes)
            self._wake.notify()

    def start(self) -> None:
        """Begin to heed them."""
        threading.Thread(target=self._run, name=self.name, daemon=True).start()

    def stop(self) -> None:
        """Heed no more."""
        with self._wake:
            self._stopping = True
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: bool(self._wanted) or self._stopping, TICK)
                if self._stopping:
                    return
                wanted, self._wanted = frozenset(self._wanted), set()
            begun = time.monotonic()
            try:
                self.heed(wanted)
            except Exception:
                log.exception("the watch stumbled")
            if wanted:
                time.sleep(GAP if self.urgent else max(GAP, time.monotonic() - begun))
