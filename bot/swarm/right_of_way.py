"""Lets what people are to hear of at once go before what takes long: of the threads of one Python
only one computes at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

MOST_SECONDS = 1.0
"""Who is in a hurry for longer waits for something else than a processor."""

Value = TypeVar("Value")


class RightOfWay:
    """Shared by all threads of a process."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._lock = threading.Lock()
        self._hurrying = 0
        self._until = 0.0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Whoever reads thousands of objects waits meanwhile, for a second at most."""
        with self._lock:
            self._hurrying += 1
            self._until = time.monotonic() + MOST_SECONDS
            self._free.clear()
        try:
            yield
        finally:
            with self._lock:
                self._hurrying -= 1
                if not self._hurrying:
                    self._free.set()

    def given(self, values: Iterable[Value]) -> Iterator[Value]:
        """These values, which are thousands that take a moment each."""
        for value in values:
            if not self._free.is_set():
                self._free.wait(max(0.0, self._until - time.monotonic()))
            yield value
