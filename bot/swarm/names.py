"""Resolves names as people type them: exact name, id, beginning of an id; suggests the nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from bot.errors import AmbiguousNameError, UnknownNameError

SHORTEST_ID = 4
NEAR = 3
LIKENESS = 0.5

T = TypeVar("T")


def nearest(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Up to three names that are similar to `name`, the most similar first."""
    scored = sorted(
        ((_likeness(name.lower(), candidate.lower()), candidate) for candidate in set(names)),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return tuple(candidate for score, candidate in scored[:NEAR] if score >= LIKENESS)


def _likeness(name: str, candidate: str) -> float:
    if not name or not candidate:
        return 0.0
    ratio = SequenceMatcher(None, name, candidate).ratio()
    # Who types only a part of the name means it more than who mistypes as many letters.
    return max(ratio, LIKENESS + ratio / 2) if name in candidate or candidate in name else ratio


def pick(
    kind: str,
    name: str,
    objects: Sequence[T],
    id_of: Callable[[T], str],
    name_of: Callable[[T], str],
) -> T:
    """The object with this id, this name, or an id that begins so.

    Raises UnknownNameError with the nearest names, and AmbiguousNameError.
    """
    matches = (
        [candidate for candidate in objects if id_of(candidate) == name]
        or [candidate for candidate in objects if name_of(candidate) == name]
        or [
            candidate
            for candidate in objects
            if len(name) >= SHORTEST_ID and id_of(candidate).startswith(name)
        ]
    )
    if not matches:
        raise UnknownNameError(
            kind, name, nearest(name, [name_of(candidate) for candidate in objects])
        )
    if len(matches) > 1:
        raise AmbiguousNameError(
            kind, name, tuple(f"{name_of(candidate)} ({id_of(candidate)})" for candidate in matches)
        )
    return matches[0]
