"""What stands in the way of a service before it is rolled; pure."""

from __future__ import annotations

from collections.abc import Sequence

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


def in_the_way(
    service: Service, nodes: Sequence[Node], spec: Spec, capacity: Capacity | None = None
) -> tuple[Obstacle, ...]:
    """What may keep the update to `spec` from ending, though it can begin.

    With what is left on the nodes, what other services reserve counts too.
    """
    able = constraints.eligible(spec, nodes)
    if not able:
        return (_no_node(spec, nodes),) if nodes else ()
    obstacles = (
        _host_ports_short(service, able, spec),
        _too_many(service, able, spec),
        _no_room_beside(service, able, spec, capacity),
        _too_large(spec, able),
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
    fitting = sum(_fitting(node, needed) for node in able) if needed else count + 1
    return StartFirstShort(count) if fitting == count else None


def _fitting(node: Node, needed: Resources) -> int:
    """How many tasks with this reservation an empty node takes."""
    counts = [
        node.memory // needed.memory if needed.memory else None,
        node.nano_cpus // needed.nano_cpus if needed.nano_cpus else None,
        *(node.generic.get(kind, 0) // count for kind, count in needed.generic.items() if count),
    ]
    return min((count for count in counts if count is not None), default=0)


def starts_first(spec: Spec) -> bool:
    """Whether a new task is to run before the old one stops."""
    return (spec.get("UpdateConfig") or {}).get("Order") == "start-first"


def _too_large(spec: Spec, able: Sequence[Node]) -> Obstacle | None:
    needed = read.reserved(spec)
    if (largest := max(node.memory for node in able)) < needed.memory:
        return ReservationTooLarge(Reserved.MEMORY, needed.memory, largest)
    if (largest := max(node.nano_cpus for node in able)) < needed.nano_cpus:
        return ReservationTooLarge(Reserved.CPU, needed.nano_cpus, largest)
    for kind, count in sorted(needed.generic.items()):
        if (largest := max(node.generic.get(kind, 0) for node in able)) < count:
            return ReservationTooLarge(Reserved.GENERIC, count, largest, kind)
    return None
