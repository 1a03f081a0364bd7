"""What stands in the way of a service before it is rolled; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.model import Node, Resources, Service, Spec
from bot.model.obstacles import (
    HostPortShort,
    HostPortStartFirst,
    MostPerNodeShort,
    NoNodeOfPlatform,
    NoNodeOpen,
    Obstacle,
    ReservationTooLarge,
    Reserved,
    StartFirstShort,
)
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.capacity import Capacity, Need
from bot.swarm.spec import read
from bot.swarm.spec.compact import kept


@dataclass(frozen=True)
class EligibleNodes:
    """The nodes that may run a service, to be looked through once for all that demand the same."""

    nodes: tuple[Node, ...]

    @cached_property
    def ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(node.id for node in self.nodes)

    @cached_property
    def largest(self) -> Resources:
        """The most that one of them has, of each kind."""
        generic: Counter[str] = Counter()
        for node in self.nodes:
            generic |= Counter(node.generic)
        return Resources(
            max((node.memory for node in self.nodes), default=0),
            max((node.nano_cpus for node in self.nodes), default=0),
            generic,
        )


def in_the_way(
    service: Service, nodes: Sequence[Node], spec: Spec, capacity: Capacity | None = None
) -> tuple[Obstacle, ...]:
    """What may keep the update to `spec` from ending, though it can begin.

    With what is left on the nodes, what other services reserve counts too.
    """
    places = EligibleNodes(constraints.eligible(spec, nodes))
    if not places.nodes:
        return (_no_node(spec, nodes),) if nodes else ()
    return on_these(service, places, spec, capacity)


def on_these(
    service: Service, places: EligibleNodes, spec: Spec, capacity: Capacity | None = None
) -> tuple[Obstacle, ...]:
    """The same where it is known which nodes, at least one, may run it."""
    able = places.nodes
    obstacles = (
        _host_ports_short(service, able, spec),
        _too_many(service, able, spec),
        _no_room_beside(service, able, spec, capacity),
        _too_large(spec, places.largest),
    )
    return tuple(obstacle for obstacle in obstacles if obstacle)


def _no_node(spec: Spec, nodes: Sequence[Node]) -> Obstacle:
    if constraints.open_to(spec, nodes):
        return NoNodeOfPlatform(constraints.listed_platforms(spec))
    return NoNodeOpen()


def _host_ports_short(service: Service, able: Sequence[Node], spec: Spec) -> Obstacle | None:
    if not any(port.mode == "host" for port in service.ports):
        return None
    tasks = len(able) if service.replicas is None else service.replicas
    if tasks > len(able):
        return HostPortShort(tasks, len(able))
    if tasks == len(able) and starts_first(spec):
        return HostPortStartFirst()
    return None


def _too_many(service: Service, able: Sequence[Node], spec: Spec) -> Obstacle | None:
    most = constraints.most_per_node(spec)
    allowed = most * len(able)
    if not most or service.replicas is None or service.replicas <= allowed:
        return None
    return MostPerNodeShort(most, allowed, service.replicas)


def _no_room_beside(
    service: Service, able: Sequence[Node], spec: Spec, capacity: Capacity | None
) -> Obstacle | None:
    """Whether a limit per node or reservations leave no place for a task beside the old ones."""
    count = len(able) if service.replicas is None else service.replicas
    if not starts_first(spec) or not count:
        return None
    if capacity:
        need = Need(service.id, read.reserved(spec), most_per_node=constraints.most_per_node(spec))
        rooms = [capacity.has_room(need, node.id) for node in able]
        fits = all(rooms) if service.replicas is None else any(rooms)
        return None if fits else StartFirstShort(count)
    needed, most = read.reserved(spec), constraints.most_per_node(spec)
    if most and count == most * len(able):
        return StartFirstShort(count)
    return StartFirstShort(count) if needed and _just_fit(count, needed, able) else None


def _just_fit(count: int, needed: Resources, able: Sequence[Node]) -> bool:
    """Whether the nodes, were they empty, would take so many tasks and no more."""
    fitting = 0
    for node in able:
        fitting += _fitting(node, needed)
        if fitting > count:
            return False
    return fitting == count


def _fitting(node: Node, needed: Resources) -> int:
    """How many tasks with this reservation an empty node takes."""
    counts = [
        node.memory // needed.memory if needed.memory else None,
        node.nano_cpus // needed.nano_cpus if needed.nano_cpus else None,
        *(node.generic.get(kind, 0) // count for kind, count in needed.generic.items() if count),
    ]
    return min((count for count in counts if count is not None), default=0)


@kept
def starts_first(spec: Spec) -> bool:
    """Whether a new task is to run before the old one stops."""
    return (spec.get("UpdateConfig") or {}).get("Order") == "start-first"


def _too_large(spec: Spec, largest: Resources) -> Obstacle | None:
    needed = read.reserved(spec)
    if largest.memory < needed.memory:
        return ReservationTooLarge(Reserved.MEMORY, needed.memory, largest.memory)
    if largest.nano_cpus < needed.nano_cpus:
        return ReservationTooLarge(Reserved.CPU, needed.nano_cpus, largest.nano_cpus)
    for kind, count in sorted(needed.generic.items()):
        if (most := largest.generic.get(kind, 0)) < count:
            return ReservationTooLarge(Reserved.GENERIC, count, most, kind)
    return None
