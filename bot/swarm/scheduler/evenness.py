"""Whether tasks lie evenly on nodes, and on the branches of spread preferences; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import Node
from bot.swarm.scheduler.capacity import Capacity, Need


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that may run the service, with the branches of its spread preferences, the outermost
    first."""

    node: Node
    own: int
    need: Need
    capacity: Capacity
    branches: tuple[str, ...]

    @property
    def every(self) -> int:
        """How many tasks it runs of all services."""
        return self.capacity.every(self.node.id)

    @property
    def open(self) -> bool:
        """Whether one more finds room there."""
        return self.capacity.has_room(self.need, self.node.id)


def is_uneven(places: Sequence[Candidate], level: int) -> bool:
    """Whether one branch, or node, has two more tasks than another that could take one; or so
    within a branch."""
    groups = _groups(places, level)
    counts = [sum(place.own for place in group) for group in groups]
    fewer = (group for count, group in zip(counts, groups, strict=True) if max(counts) - count > 1)
    if any(place.open for group in fewer for place in group):
        return True
    return any(len(group) > 1 and is_uneven(group, level + 1) for group in groups)


def _groups(places: Sequence[Candidate], level: int) -> list[list[Candidate]]:
    """The branches at this level of the preferences; below the last, each node by itself."""
    if not places or level >= len(places[0].branches):
        return [[place] for place in places]
    branches: defaultdict[str, list[Candidate]] = defaultdict(list)
    for place in places:
        branches[place.branches[level]].append(place)
    return list(branches.values())


def is_movable(places: Sequence[Candidate]) -> bool:
    """Whether within a branch an open node has one task fewer than another, and two or more fewer
    of all services."""
    fullest: dict[tuple[tuple[str, ...], int], int] = {}
    for place in places:
        key = place.branches, place.own
        fullest[key] = max(fullest.get(key, 0), place.every)
    return any(
        fullest.get((place.branches, place.own + 1), 0) - place.every > 1 and place.open
        for place in places
    )
