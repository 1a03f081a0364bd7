"""Single values of the Engine API's JSON: times, texts cut to a length, labels; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from bot.model.bounds import MOST_SAID, bounded
from bot.model.secrecy import masked_text

Raw = Mapping[str, Any]
_SHORT = 100
"""Characters of a text that is likely to come again."""


def time(text: str | None) -> datetime | None:
    """An RFC 3339 time in UTC, cut to microseconds.

    None for no text and for Go's zero time (the year 1).
    """
    if not text or text.startswith("0001-"):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def text_of(raw: Raw, key: str) -> str:
    """A text that a program, a host or an operator chose, cut to a length."""
    return bounded(str(raw.get(key) or ""))


def said_in(raw: Raw, key: str) -> str:
    """A text in which a program or the engine may have quoted a secret; it is cut to a length."""
    said = str(raw.get(key) or "")[:MOST_SAID]
    return _masked_short(said) if len(said) <= _SHORT else bounded(masked_text(said))


@lru_cache(4096)
def _masked_short(said: str) -> str:
    """Cached: thousands of tasks share a few words, such as `started`."""
    return masked_text(said)


def labels_of(raw: Raw, key: str = "Labels") -> Mapping[str, str]:
    """Labels for judging and showing; a specification is posted back from its raw form."""
    labels = raw.get(key) or {}
    return {bounded(name): bounded(str(value)) for name, value in labels.items()}


def version_of(raw: Raw) -> int:
    """The version of a Swarm object, which a write has to name."""
    return int((raw.get("Version") or {}).get("Index", 0))


def duration_of(count: int | None) -> timedelta:
    """A duration that the engine counts in nanoseconds."""
    return timedelta(microseconds=(count or 0) / 1000)
