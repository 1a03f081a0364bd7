"""How services ended that do one piece of work, in words."""

from __future__ import annotations

from datetime import datetime

from bot.model.completion import Completion
from bot.model.english import age


def completion_words(completion: Completion, desired: int, now: datetime) -> str:
    """`completed 2 h ago`, `failed (3) 5 m ago`; of several tasks how many of them."""
    if completion.failed:
        exit_code = f" ({completion.exit_code})" if completion.exit_code is not None else ""
        return f"{_count(completion.failed, desired)}failed{exit_code} {age(completion.at, now)}"
    return f"{_count(completion.done, desired)}completed {age(completion.at, now)}"


def _count(places: frozenset[str], desired: int) -> str:
    return f"{len(places)}/{desired} " if desired > 1 else ""
