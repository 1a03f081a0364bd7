"""Numbers, lists and lengths of time in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

MOST_NAMES = 5


# ---- numbers


def plural(count: int, word: str, words: str = "") -> str:
    """`1 task`, `2 tasks`; `words` where the plural is not made with an s."""
    return f"{count} {agree(count, word, words or word + 's')}"


def agree(count: int, singular: str, plural: str) -> str:
    """The word that goes with so many: `is` with one, `are` with none or several."""
    return singular if count == 1 else plural


# ---- lists


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def some(names: Sequence[str]) -> str:
    """`a, b and c`; of many only the first few, with the number of those left out."""
    return listed(names) if len(names) <= MOST_NAMES + 1 else shortlist(names, MOST_NAMES)


def shortlist(names: Sequence[str], most: int, mark: str = ", ") -> str:
    """`a, b`; of more than `most` names those first ones, and how many are left out: `a, b and 3
    more`."""
    return mark.join(names[:most]) + and_more(len(names) - most)


def and_more(left: int) -> str:
    """` and 3 more`, to follow those that are named; nothing where none is left."""
    return f" and {left} more" if left > 0 else ""


# ---- lengths of time

OLD_SECONDS = 2.0
"""What is younger was read for the answer."""


def as_of(ago: float, what: str = "") -> str:
    """How old what is told is, where it was not read for this answer: `as of 8 s ago`.

    `ago` in seconds.
    """
    subject = f"{what} " if what else ""
    return f"{subject}as of {seconds(ago)} ago" if ago >= OLD_SECONDS else ""


def seconds(value: float) -> str:
    """A duration in its two largest units: `12 s`, `3 m 12 s`, `2 h 5 m`, `4 d 3 h`."""
    total = max(0, round(value))
    units = [
        (total // 86400, "d"),
        (total // 3600 % 24, "h"),
        (total // 60 % 60, "m"),
        (total % 60, "s"),
    ]
    first = next((index for index, (count, _) in enumerate(units) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count) or "0 s"


def span(value: timedelta) -> str:
    """A duration in its largest unit alone, as tables have it: `61 d`, `4 m`."""
    return " ".join(seconds(value.total_seconds()).split(" ")[:2])


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, in one unit: `3 h ago`; a dash where it is not known."""
    return "–" if at is None else f"{span(now - at)} ago"


def rounded(length: timedelta) -> str:
    """A length of time in its largest unit, as sentences have it: `40 s`, `4 min`, `2 h`, `3 d`."""
    whole = max(0, int(length.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {unit}"
    return f"{whole} s"
