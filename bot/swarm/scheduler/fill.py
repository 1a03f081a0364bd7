"""How many of so many tasks each place gets when one after the other goes where the fewest are, as
arithmetic; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NodeRoom:
    """A node, or a branch of nodes: the tasks that it runs of the service (`own`) and of all
    services (`every`), and how many more of the service it takes (`room`)."""

    name: str
    own: int
    every: int
    room: int

    @property
    def order(self) -> tuple[int, int, str]:
        """Swarm's order: the fewest of the service first, of those the fewest of all."""
        return self.own, self.every, self.name


def fill(places: Sequence[NodeRoom], count: int) -> list[int]:
    """How many of `count` tasks each place gets; together fewer where there is no room for all.

    The same as choosing the first in order for one task after the other, in time that does not
    grow with the tasks: all places are raised to the highest level that the tasks suffice for, and
    the rest goes one each to the first of those that are at it.
    """
    if sum(place.room for place in places) <= count:
        return [place.room for place in places]
    level = _level(places, count)
    given = [_below(place, level) for place in places]
    at_level = [
        (place.every + added, place.name, index)
        for index, (place, added) in enumerate(zip(places, given, strict=True))
        if place.own <= level and added < place.room
    ]
    for _, _, index in sorted(at_level)[: count - sum(given)]:
        given[index] += 1
    return given


def _level(places: Sequence[NodeRoom], count: int) -> int:
    """The highest number of tasks to which all places with room can be raised by so many."""
    low = min(place.own for place in places)
    high = max(place.own for place in places) + count + 1
    while high - low > 1:
        middle = (low + high) // 2
        if sum(_below(place, middle) for place in places) <= count:
            low = middle
        else:
            high = middle
    return low


def _below(place: NodeRoom, level: int) -> int:
    """How many tasks it takes until it is at the level, or full."""
    return max(0, min(place.room, level - place.own))
