"""Names as people type them: the exact one, the beginning of an id, or the nearest that there
is."""

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
    """Up to three names that are like this one, the likeliest first."""
    scored = sorted(
        ((_likeness(name.lower(), other.lower()), other) for other in set(names)),
        key=lambda pair: (-pair[0], pair[1]),
    )
    return tuple(other for score, other in scored[:NEAR] if score >= LIKENESS)


def _likeness(name: str, other: str) -> float:
    if not name or not other:
        return 0.0
    ratio = SequenceMatcher(None, name, other).ratio()
    # Who types only a part of the name means it more than who mistypes as many letters.
    return max(ratio, LIKENESS + ratio / 2) if name in other or other in name else ratio


def pick(
    kind: str, name: str, found: Sequence[T], id_of: Callable[[T], str], name_of: Callable[[T], str]
) -> T:
    """The one that is meant: by full id, exact name, or the beginning of its id. Raises
    UnknownNameError, AmbiguousNameError."""
    matches = (
        [each for each in found if id_of(each) == name]
        or [each for each in found if name_of(each) == name]
        or [each for each in found if len(name) >= SHORTEST_ID and id_of(each).startswith(name)]
    )
    if not matches:
        raise UnknownNameError(kind, name, nearest(name, [name_of(each) for each in found]))
    if len(matches) > 1:
        raise AmbiguousNameError(
            kind, name, tuple(f"{name_of(each)} ({id_of(each)})" for each in matches)
        )
    return matches[0]
