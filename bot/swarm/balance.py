"""Whether the tasks of a replicated service lie as evenly as they could; pure.

Swarm moves nothing that runs: a node that came back gets new tasks only. A forced update places all of them anew, each on the
node that runs the fewest of its service, and of those on the one that runs the fewest of all. Spread preferences come first:
then every branch, a zone for one, gets as many as the next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.model import Mode, Node, Platform, Service, Spec, Task
from bot.swarm import placement
from bot.swarm.load import Load
from bot.swarm.read import ENDED


@dataclass(frozen=True, slots=True)
class Spread:
    """How the tasks of a service lie: their number by name of node, on all nodes that may run it or do.

    `uneven`: a node that could take one more runs at least two fewer than another. `movable`: none does, but such a node
    runs one fewer of it and fewer of all services, so that a task that is placed anew would go there.
    """

    service: Service
    tasks: tuple[tuple[str, int], ...]
    uneven: bool = False
    movable: bool = False

    @property
    def words(self) -> str:
        """`3 on node1, 1 on node2, 0 on node4`: the most first."""
        return ", ".join(f"{count} on {node}" for node, count in self.tasks) or "no task has a node"


@dataclass(frozen=True, slots=True)
class _Place:
    """A node that may run the service, with the branches of its spread preferences, the outermost first."""

    name: str
    own: int
    every: int
    open: bool
    branches: tuple[str, ...]


def spreads(services: Iterable[Service], nodes: Sequence[Node], tasks: Iterable[Task]) -> tuple[Spread, ...]:
    """How every replicated service lies, in their order. `tasks`: all that are meant to run, of all services."""
    known = {service.id: service for service in services}
    alive = [
        task
        for task in tasks
        if task.service_id in known and task.desired == "running" and task.state not in ENDED and task.node_id
    ]
    load = Load.of(nodes, alive, known)
    of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for task in alive:
        of[task.service_id][task.node_id] += 1
    replicated = (service for service in known.values() if service.mode is Mode.REPLICATED)
    return tuple(_spread(service, nodes, of[service.id], load) for service in replicated)


def unused(nodes: Iterable[Node], tasks: Iterable[Task]) -> tuple[str, ...]:
    """Names of the nodes that could run tasks, and run none. `tasks`: all that are meant to run, of all services."""
    used = {task.node_id for task in tasks if task.desired == "running" and task.state not in ENDED}
    ready = (node for node in nodes if node.state == "ready" and node.availability == "active")
    return tuple(node.name for node in ready if node.id not in used)


def _spread(service: Service, nodes: Sequence[Node], own: Counter[str], load: Load) -> Spread:
    able = _able(service.spec, nodes)
    ids = {node.id for node in able}
    listed = [(node.name, own[node.id]) for node in nodes if node.id in ids or own[node.id]]
    places = [
        _Place(
            node.name, own[node.id], load.every[node.id], load.has_room(service, node.id), _branches(service.spec, node)
        )
        for node in able
    ]
    uneven = _uneven(places, 0)
    ordered = sorted(listed, key=lambda each: (-each[1], each[0]))
    return Spread(service, tuple(ordered), uneven, not uneven and _movable(places))


def _able(spec: Spec, nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes that may run it, by their platform too: Swarm heeds those that the specification lists."""
    listed = (spec.get("TaskTemplate", {}).get("Placement") or {}).get("Platforms") or []
    offered = [Platform(each.get("OS", ""), each.get("Architecture", "")) for each in listed]
    able = placement.eligible(spec, nodes)
    return tuple(node for node in able if not offered or placement.fits(offered, (placement.normal(node.platform),)))


def _uneven(places: Sequence[_Place], level: int) -> bool:
    """Whether one branch, or node, has two more tasks than another that could take one; or so within a branch."""
    groups = _groups(places, level)
    counts = [sum(place.own for place in group) for group in groups]
    open_ones = [count for count, group in zip(counts, groups, strict=True) if any(place.open for place in group)]
    if open_ones and max(counts) - min(open_ones) > 1:
        return True
    return any(len(group) > 1 and _uneven(group, level + 1) for group in groups)


def _groups(places: Sequence[_Place], level: int) -> list[list[_Place]]:
    """The branches at this level of the preferences; below the last, each node by itself."""
    if not places or level >= len(places[0].branches):
        return [[place] for place in places]
    found: defaultdict[str, list[_Place]] = defaultdict(list)
    for place in places:
        found[place.branches[level]].append(place)
    return list(found.values())


def _movable(places: Iterable[_Place]) -> bool:
    """Whether within a branch an open node has one task fewer than another, and two or more fewer of all services."""
    fullest: dict[tuple[tuple[str, ...], int], int] = {}
    listed = tuple(places)
    for place in listed:
        key = place.branches, place.own
        fullest[key] = max(fullest.get(key, 0), place.every)
    return any(place.open and fullest.get((place.branches, place.own + 1), 0) - place.every > 1 for place in listed)


def _branches(spec: Spec, node: Node) -> tuple[str, ...]:
    preferences = (spec.get("TaskTemplate", {}).get("Placement") or {}).get("Preferences") or []
    keys = ((each.get("Spread") or {}).get("SpreadDescriptor", "") for each in preferences)
    return tuple(placement.value(node, key) for key in keys)
