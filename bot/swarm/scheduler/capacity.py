"""What is left on every node, and where more tasks of a service go; pure.

This follows Swarm's own scheduler. A node takes a task when it passes every filter: it is Ready and
Active, has what the task reserves (reservations count, not usage), fulfils the constraints, has a
platform of the image, has the host ports free, and is below the most replicas per node. Of those
nodes the task goes to the one that runs the fewest of its service, and of these to the one that
runs the fewest of all; spread preferences come before both. Two of Swarm's rules are not modelled,
for they need what the bot does not read: plugins of volumes and networks, and that nodes on which
the service failed five times within five minutes come last (which changes where tasks go, not how
many fit).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.model import Mode, Node, Resources, Service, Task
from bot.model.placement import HostPort, Placement, Shortage, ShortageKind
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.constraints import eligible
from bot.swarm.scheduler.fill import NodeRoom, fill
from bot.swarm.spec import read


@dataclass(frozen=True, slots=True)
class Need:
    """What a task of a service takes of its node; `most_per_node` is 0 for any number."""

    service_id: str
    resources: Resources = field(default_factory=Resources)
    host_ports: frozenset[HostPort] = frozenset()
    most_per_node: int = 0

    @classmethod
    def of(cls, service: Service) -> Need:
        """What the tasks of this service take."""
        return cls(
            service.id,
            read.reserved(service.spec),
            frozenset(
                (port.published, port.protocol)
                for port in service.ports
                if port.mode == "host" and port.published
            ),
            constraints.most_per_node(service.spec),
        )

    @property
    def most(self) -> int:
        """How many tasks of the service one node may run, by its host ports too; 0 for any
        number."""
        return 1 if self.host_ports else self.most_per_node


@dataclass(slots=True)
class _Taken:
    """What the tasks of a node take together."""

    tasks: int = 0
    memory: int = 0
    nano_cpus: int = 0
    generic: Counter[str] = field(default_factory=Counter)

    def add(self, each: Resources, count: int) -> None:
        """So many more tasks that take this each."""
        self.tasks += count
        self.memory += each.memory * count
        self.nano_cpus += each.nano_cpus * count
        for kind, amount in each.generic.items():
            self.generic[kind] += amount * count

    @property
    def resources(self) -> Resources:
        return Resources(self.memory, self.nano_cpus, self.generic)


class Capacity:
    """What the nodes have left: a ledger, in which tasks that are placed are counted at once."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._free = {node.id: node.resources for node in self._nodes.values()}
        self._ports: defaultdict[str, set[HostPort]] = defaultdict(set)
        self._own: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._every: Counter[str] = Counter()

    @classmethod
    def of(
        cls, nodes: Iterable[Node], tasks: Iterable[Task], services: Iterable[Service]
    ) -> Capacity:
        """What is left when the tasks that are meant to run stay where they are."""
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for task in tasks:
            if task.active:
                counts[task.service_id][task.node_id] += 1
        return cls.filled(nodes, counts, {service.id: service for service in services})

    @classmethod
    def filled(
        cls,
        nodes: Iterable[Node],
        counts: Mapping[str, Mapping[str, int]],
        services: Mapping[str, Service],
    ) -> Capacity:
        """What is left where each service (id) has so many tasks on each node."""
        capacity = cls(nodes)
        taken = {node_id: _Taken() for node_id in capacity._nodes}
        for service_id, by_node in counts.items():
            service = services.get(service_id)
            need = Need.of(service) if service else Need(service_id)
            here = Counter({key: count for key, count in by_node.items() if key in taken})
            capacity._own[service_id] = here
            for node_id, count in here.items():
                taken[node_id].add(need.resources, count)
                if need.host_ports:
                    capacity._ports[node_id] |= need.host_ports
        for node_id, its in taken.items():
            capacity._free[node_id] = _less(capacity._free[node_id], its.resources, 1)
            capacity._every[node_id] = its.tasks
        return capacity

    def put(self, need: Need, node_id: str, count: int = 1) -> None:
        """Count so many tasks as running on a node."""
        self._free[node_id] = _less(self._free[node_id], need.resources, count)
        self._ports[node_id] |= need.host_ports
        self._own[need.service_id][node_id] += count
        self._every[node_id] += count

    def left(self, node_id: str) -> Resources:
        """What is not reserved of a node; below zero where more is reserved than it has."""
        return self._free[node_id]

    def own(self, service_id: str) -> Mapping[str, int]:
        """How many tasks of the service each node (by id) runs; 0 where it runs none."""
        return self._own.get(service_id) or Counter()

    def every(self, node_id: str) -> int:
        """How many tasks of all services a node runs."""
        return self._every[node_id]

    def has_room(self, need: Need, node_id: str) -> bool:
        """Whether a node that may run the service takes one more of its tasks."""
        return self.room(need, node_id, 1) > 0

    def room(self, need: Need, node_id: str, at_most: int) -> int:
        """How many more tasks a node that may run the service takes, up to so many."""
        if need.host_ports & self._ports[node_id]:
            return 0
        room = min(at_most, _fitting(self._free[node_id], need.resources, at_most))
        if need.most:
            room = min(room, need.most - self._own[need.service_id][node_id])
        return max(0, room)

    def place(self, service: Service, count: int) -> Placement:
        """Place so many more tasks of a replicated service, as far as there is room, and count
        them."""
        if count <= 0:
            return Placement()
        need, nodes = Need.of(service), eligible(service.spec, self._nodes.values())
        own, every = Counter(self._own[service.id]), self._every
        places = {
            node.id: NodeRoom(
                node.name, own[node.id], every[node.id], self.room(need, node.id, count)
            )
            for node in nodes
        }
        branches = {node.id: constraints.branches(service.spec, node) for node in nodes}
        given = _spread(places, branches, 0, count)
        chosen = sorted(
            (node_id for node_id, number in given.items() if number),
            key=lambda node_id: places[node_id].order,
        )
        for node_id in chosen:
            self.put(need, node_id, given[node_id])
        placed = tuple((places[node_id].name, given[node_id]) for node_id in chosen)
        short = count - sum(given.values())
        return Placement(placed, short, self._shortage(service, nodes) if short else None)

    def _shortage(self, service: Service, nodes: Sequence[Node]) -> Shortage:
        need = Need.of(service)
        return Shortage(
            self._shortage_kind(service, need, nodes),
            constraints.listed_platforms(service.spec),
            need.host_ports,
            need.most,
            need.resources,
        )

    def _shortage_kind(self, service: Service, need: Need, nodes: Sequence[Node]) -> ShortageKind:
        own = self._own[service.id]
        if not nodes:
            every_platform = constraints.open_to(service.spec, self._nodes.values())
            return ShortageKind.PLATFORM if every_platform else ShortageKind.NO_NODE
        open_nodes = [node.id for node in nodes if not need.most or own[node.id] < need.most]
        if not open_nodes:
            return ShortageKind.MOST_PER_NODE
        if all(need.host_ports & self._ports[node_id] for node_id in open_nodes):
            return ShortageKind.HOST_PORT
        return ShortageKind.RESERVATION


def more(
    service: Service,
    count: int,
    nodes: Iterable[Node],
    services: Iterable[Service],
    tasks: Sequence[Task],
) -> Placement:
    """Where `count` more tasks of a replicated service would go, after those of its tasks that
    still wait for a place; of another mode nothing is said. `tasks`: all that are meant to run."""
    if service.mode is not Mode.REPLICATED:
        return Placement()
    capacity = Capacity.of(nodes, tasks, services)
    waiting = sum(
        task.active and task.service_id == service.id and not task.node_id for task in tasks
    )
    capacity.place(service, waiting)
    return capacity.place(service, count)


def _less(free: Resources, taken: Resources, count: int) -> Resources:
    if not taken:
        return free
    generic = free.generic
    if taken.generic:
        generic = {
            kind: free.generic.get(kind, 0) - count * taken.generic.get(kind, 0)
            for kind in {*free.generic, *taken.generic}
        }
    return Resources(
        free.memory - count * taken.memory, free.nano_cpus - count * taken.nano_cpus, generic
    )


def _fitting(free: Resources, needed: Resources, at_most: int) -> int:
    """How many times what is needed fits into what is free; what needs nothing fits always."""
    fitting = at_most
    if needed.memory:
        fitting = min(fitting, free.memory // needed.memory)
    if needed.nano_cpus:
        fitting = min(fitting, free.nano_cpus // needed.nano_cpus)
    for kind, count in needed.generic.items():
        fitting = min(fitting, free.generic.get(kind, 0) // count) if count else fitting
    return fitting


def _spread(
    places: Mapping[str, NodeRoom],
    branches: Mapping[str, tuple[str, ...]],
    depth: int,
    count: int,
) -> dict[str, int]:
    """How many tasks each node (by id) gets: evenly over the branches of every preference, then
    over the nodes of a branch."""
    ids = list(places)
    if not ids or depth >= len(branches[ids[0]]):
        return dict(zip(ids, fill(list(places.values()), count), strict=True))
    groups: defaultdict[str, dict[str, NodeRoom]] = defaultdict(dict)
    for node_id in ids:
        groups[branches[node_id][depth]][node_id] = places[node_id]
    whole = [_branch(name, list(group.values())) for name, group in groups.items()]
    given: dict[str, int] = {}
    for group, number in zip(groups.values(), fill(whole, count), strict=True):
        given |= _spread(group, branches, depth + 1, number)
    return given


def _branch(name: str, places: Sequence[NodeRoom]) -> NodeRoom:
    return NodeRoom(
        name,
        sum(place.own for place in places),
        sum(place.every for place in places),
        sum(place.room for place in places),
    )
