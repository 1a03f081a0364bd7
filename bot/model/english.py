"""Lists and lengths of time in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

MOST_NAMES = 5


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def some(names: Sequence[str]) -> str:
    """`a, b and c`; of many only the first few, with the number of those left out."""
    left = len(names) - MOST_NAMES
    return listed(names) if left <= 1 else f"{', '.join(names[:MOST_NAMES])} and {left} more"


def rounded(length: timedelta) -> str:
    """A length of time in its largest unit: `40 s`, `4 min`, `2 h`, `3 d`."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
