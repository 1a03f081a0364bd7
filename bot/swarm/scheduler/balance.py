"""Whether the tasks of a replicated service lie as evenly as they could; pure.

Swarm moves nothing that runs: a node that came back gets new tasks only. A forced update places all
of them anew, each on the node that runs the fewest of its service, and of those on the one that
runs the fewest of all. Spread preferences come first: then every branch, a zone for one, gets as
many as the next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.model import Mode, Node, Service, Task
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.capacity import Capacity, Need


@dataclass(frozen=True, slots=True)
class Spread:
    """How the tasks of a service lie: their number by name of node, on all nodes that may run it or
    do.

    `uneven`: a node that could take one more runs at least two fewer than another. `movable`: none
    does, but such a node runs one fewer of it and fewer of all services, so that a task that is
    placed anew would go there.
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
class _Candidate:
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


@dataclass(frozen=True)
class _Layout:
    """Where everything lies. Nodes that fulfil the same demands are looked for once."""

    services: Mapping[str, Service]
    nodes: Sequence[Node]
    tasks: Sequence[Task]
    _able: dict[constraints.Demands, tuple[Node, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, services: Iterable[Service], nodes: Sequence[Node], tasks: Iterable[Task]
    ) -> _Layout:
        known = {service.id: service for service in services}
        alive = [
            task for task in tasks if task.active and task.node_id and task.service_id in known
        ]
        return cls(known, nodes, alive)

    @property
    def replicated(self) -> Iterator[Service]:
        return (service for service in self.services.values() if service.mode is Mode.REPLICATED)

    @cached_property
    def own(self) -> Mapping[str, Counter[str]]:
        """By service how many tasks each node runs of it."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for task in self.tasks:
            counts[task.service_id][task.node_id] += 1
        return counts

    @cached_property
    def capacity(self) -> Capacity:
        return Capacity.of(self.nodes, self.tasks, self.services.values())

    def able(self, service: Service) -> tuple[Node, ...]:
        wanted = constraints.demands(service.spec)
        if wanted not in self._able:
            self._able[wanted] = constraints.eligible(service.spec, self.nodes)
        return self._able[wanted]

    def places(self, service: Service) -> list[_Candidate]:
        own, need = self.own.get(service.id, Counter()), Need.of(service)
        return [
            _Candidate(
                node,
                own[node.id],
                need,
                self.capacity,
                constraints.branches(service.spec, node),
            )
            for node in self.able(service)
        ]

    def spread(self, service: Service) -> Spread:
        own, uneven = self.own.get(service.id, Counter()), self.is_uneven(service)
        ids = {node.id for node in self.able(service)}
        listed = [
            (node.name, own[node.id]) for node in self.nodes if node.id in ids or own[node.id]
        ]
        ordered = sorted(listed, key=lambda count: (-count[1], count[0]))
        return Spread(
            service, tuple(ordered), uneven, not uneven and _movable(self.places(service))
        )

    def is_uneven(self, service: Service) -> bool:
        own = self.own.get(service.id)
        if not own:
            return False
        if constraints.has_preferences(service.spec):
            return _uneven(self.places(service), 0)
        # The same as `_uneven`, without a place for each of a thousand nodes.
        able, need = self.able(service), Need.of(service)
        # Most services have no two tasks on one node, whichever may run them.
        if max(own.values()) < 2:
            return False
        fewer = max((own[node.id] for node in able), default=0) - 1
        return fewer > 0 and any(
            own[node.id] < fewer and self.capacity.has_room(need, node.id) for node in able
        )


def spreads(
    services: Iterable[Service], nodes: Sequence[Node], tasks: Iterable[Task]
) -> tuple[Spread, ...]:
    """How every replicated service lies, in their order. `tasks`: all that are meant to run, of all
    services."""
    layout = _Layout.of(services, nodes, tasks)
    return tuple(layout.spread(service) for service in layout.replicated)


def uneven(
    services: Iterable[Service], nodes: Sequence[Node], tasks: Iterable[Task]
) -> tuple[Service, ...]:
    """The services of which `spreads` says that they are uneven, without all that it says
    besides."""
    layout = _Layout.of(services, nodes, tasks)
    return tuple(service for service in layout.replicated if layout.is_uneven(service))


def movable(
    services: Iterable[Service], nodes: Sequence[Node], tasks: Iterable[Task]
) -> frozenset[str]:
    """The services (ids) of which `spreads` says that they are movable."""
    return frozenset(
        spread.service.id for spread in spreads(services, nodes, tasks) if spread.movable
    )


def unused(nodes: Iterable[Node], tasks: Iterable[Task]) -> tuple[str, ...]:
    """Names of the nodes that could run tasks, and run none. `tasks`: all that are meant to run, of
    all services."""
    used = {task.node_id for task in tasks if task.active}
    return tuple(node.name for node in nodes if node.takes_tasks and node.id not in used)


def _uneven(places: Sequence[_Candidate], level: int) -> bool:
    """Whether one branch, or node, has two more tasks than another that could take one; or so
    within a branch."""
    groups = _groups(places, level)
    counts = [sum(place.own for place in group) for group in groups]
    fewer = (group for count, group in zip(counts, groups, strict=True) if max(counts) - count > 1)
    if any(place.open for group in fewer for place in group):
        return True
    return any(len(group) > 1 and _uneven(group, level + 1) for group in groups)


def _groups(places: Sequence[_Candidate], level: int) -> list[list[_Candidate]]:
    """The branches at this level of the preferences; below the last, each node by itself."""
    if not places or level >= len(places[0].branches):
        return [[place] for place in places]
    branches: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for place in places:
        branches[place.branches[level]].append(place)
    return list(branches.values())


def _movable(places: Sequence[_Candidate]) -> bool:
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
