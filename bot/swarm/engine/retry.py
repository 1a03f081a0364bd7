"""Optimistic updates: read, change one thing, post the whole, and retry on a conflict."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from bot.errors import OutOfSequenceError

ATTEMPTS = 6
BACKOFF_SECONDS = 0.1

SpecChange = Callable[[dict[str, Any]], None]
"""Changes a private copy of a raw specification in place."""

T = TypeVar("T")


def retry_on_conflict(attempt: Callable[[], T]) -> T:
    """Call until the version that was read is still current when the change arrives.

    Raises OutOfSequenceError after six attempts.
    """
    for count in range(1, ATTEMPTS):
        try:
            return attempt()
        except OutOfSequenceError:
            time.sleep(BACKOFF_SECONDS * count)
    return attempt()
