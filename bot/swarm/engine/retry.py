"""Changes of what somebody else may change at the same moment: read, change one thing, post the
whole, and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from bot.errors import OutOfSequenceError

ATTEMPTS = 6
PAUSE_SECONDS = 0.1

SpecChange = Callable[[dict[str, Any]], None]
"""Changes a private copy of a raw specification in place."""

T = TypeVar("T")


def retry_on_conflict(attempt: Callable[[], T]) -> T:
    """Try until the version that was read is still the current one; after six times
    OutOfSequenceError is raised on."""
    for count in range(1, ATTEMPTS):
        try:
            return attempt()
        except OutOfSequenceError:
            time.sleep(PAUSE_SECONDS * count)
    return attempt()
