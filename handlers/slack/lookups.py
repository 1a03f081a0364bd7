"""Answers of Slack that are asked for again and again: fresh ones at once, old ones while Slack is
away, and one question at a time for each key.

Nobody waits for a question about something else, or for an answer that was known a moment ago.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.clock import boot_seconds
from bot.poster.verdict import judge

T = TypeVar("T")

FRESH_SECONDS = 60.0
"""Seconds for which an answer counts as known."""
LAST_KNOWN_SECONDS = 300.0
"""Seconds for which the last answer counts while Slack gives no new one."""
MISSED_SECONDS = 5.0
"""Seconds for which Slack is not asked again that has not answered."""
_MOST_KNOWN = 1000
_ANSWER_SECONDS = 25.0
"""Seconds after which nobody waits any more for somebody else's question: longer than one takes."""


@dataclass
class _Entry(Generic[T]):
    value: T | None = None
    known_at: float = float("-inf")
    missed_at: float = float("-inf")
    why: str = ""
    asking: threading.Event | None = None


@dataclass
class Lookups(Generic[T]):
    """What Slack answered, by key. `fresh` and `last` are seconds; `monotonic` counts seconds."""

    monotonic: Callable[[], float] = boot_seconds
    fresh: float = FRESH_SECONDS
    last: float = LAST_KNOWN_SECONDS
    _entries: OrderedDict[str, _Entry[T]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str, ask: Callable[[], T]) -> T | None:
        """The answer: known, or asked for; None where Slack says nothing and none is known.

        Raises what `ask` raises where that is no failure of Slack.
        """
        with self._lock:
            entry = self._entry(key)
            just_missed = self.monotonic() - entry.missed_at <= MISSED_SECONDS
            if just_missed or self._is_known(entry, self.fresh):
                return self._last(entry)
            somebody_asks = entry.asking
            if somebody_asks is None:
                entry.asking = threading.Event()
            elif self._last(entry) is not None:
                return self._last(entry)
        if somebody_asks is None:
            self._ask(entry, ask)
        else:
            somebody_asks.wait(_ANSWER_SECONDS)
        return self._last(entry)

    def missing(self, key: str) -> str:
        """Why Slack gave no answer when it was asked last; empty where it gave one."""
        with self._lock:
            entry = self._entries.get(key)
            return entry.why if entry else ""

    def _ask(self, entry: _Entry[T], ask: Callable[[], T]) -> None:
        try:
            value = ask()
        except Exception as error:
            failure = judge(error)
            entry.missed_at, entry.why = self.monotonic(), failure.error if failure else "a fault"
            if failure is None:
                raise
        else:
            entry.value, entry.known_at, entry.why = value, self.monotonic(), ""
        finally:
            asking, entry.asking = entry.asking, None
            if asking:
                asking.set()

    def _last(self, entry: _Entry[T]) -> T | None:
        return entry.value if self._is_known(entry, max(self.fresh, self.last)) else None

    def _is_known(self, entry: _Entry[T], lasts: float) -> bool:
        return entry.value is not None and self.monotonic() - entry.known_at <= lasts

    def _entry(self, key: str) -> _Entry[T]:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        while len(self._entries) > _MOST_KNOWN:
            self._entries.popitem(last=False)
        return entry
