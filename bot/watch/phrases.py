"""Small pieces of the judges' sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.model import Finding
from bot.watch.wording import listed

MOST_NAMES = 5


def some(names: Sequence[str]) -> str:
    """`a, b and c`; of many only the first few, with the number of those left out."""
    left = len(names) - MOST_NAMES
    return listed(names) if left <= 1 else f"{', '.join(names[:MOST_NAMES])} and {left} more"


def span(length: timedelta) -> str:
    """A length of time in its largest unit: `40 s`, `4 min`, `2 h`, `3 d`."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def more_may_fail(count: int) -> str:
    """How many managers more may fail."""
    return f"{count or 'no'} more {'managers' if count > 1 else 'manager'} may fail"


def parts(*words: str) -> str:
    """One sentence of several parts, of which those that are empty are left out."""
    said = "; ".join(word for word in words if word)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def sentences(*said: str) -> str:
    """Several sentences, of which those that are empty are left out."""
    return " ".join(one for one in said if one)


def cause(findings: Sequence[Finding]) -> str:
    """The first cause, ready to stand after a colon."""
    return f": {findings[0].cause.rstrip('.')}" if findings else ""


def fix(findings: Sequence[Finding]) -> str:
    """What helps against the first cause."""
    return findings[0].fix if findings else ""
