"""The feed of changes: everything that happens in the workspace, in order.

Whoever waits for something (a test, the terminal, a page in a browser) reads the changes after the
last one it knows, and so neither polls nor misses one.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from playground.workspace.model import Change


class Feed:
    """A log of changes that only grows; safe to use from any thread.

    It shares the lock of the state.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self._grew = threading.Condition(self.lock)
        self._clock = clock
        self._changes: list[Change] = []

    @property
    def seq(self) -> int:
        """The number of the last change; 0 before the first."""
        return len(self._changes)

    def tell(self, kind: str, value: Any) -> Change:
        """Append a change and wake whoever waits."""
        with self._grew:
            change = Change(self.seq + 1, kind, self._clock(), value)
            self._changes.append(change)
            self._grew.notify_all()
            return change

    def after(self, seq: int, timeout: float = 0.0) -> tuple[Change, ...]:
        """The changes after `seq`; waits up to `timeout` seconds for the first of them."""
        with self._grew:
            self._grew.wait_for(lambda: self.seq > seq, timeout)
            return tuple(self._changes[seq:])

    def subscribe(self, seq: int | None = None, quiet: float | None = None) -> Iterator[Change]:
        """Yield every change after `seq` (default: from now on).

        Ends after `quiet` seconds without a change, if given.
        """
        seen = self.seq if seq is None else seq
        while True:
            changes = self.after(seen, threading.TIMEOUT_MAX if quiet is None else quiet)
            if not changes:
                return
            yield from changes
            seen = changes[-1].seq
