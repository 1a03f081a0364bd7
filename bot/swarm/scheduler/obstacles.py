"""What stands in the way of a service before it is rolled; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Node, Service, Spec
from bot.model.obstacles import (
    HostPortShort,
    HostPortStartFirst,
    MostPerNodeShort,
    NoNodeOfPlatform,
    NoNodeOpen,
    Obstacle,
    ReservationTooLarge,
    Reserved,
)
from bot.swarm.scheduler import constraints
from bot.swarm.spec import read


def in_the_way(service: Service, nodes: Sequence[Node], spec: Spec) -> tuple[Obstacle, ...]:
    """What may keep the update to `spec` from ending, though it can begin."""
    able = constraints.eligible(spec, nodes)
    if not able:
        return (_no_node(spec, nodes),) if nodes else ()
    obstacles = (
        _host_ports_short(service, able, spec),
        _too_many(service, able, spec),
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
    if tasks == len(able) and (spec.get("UpdateConfig") or {}).get("Order") == "start-first":
        return HostPortStartFirst()
    return None


def _too_many(service: Service, able: Sequence[Node], spec: Spec) -> Obstacle | None:
    most = constraints.most_per_node(spec)
    allowed = most * len(able)
    if not most or service.replicas is None or service.replicas <= allowed:
        return None
    return MostPerNodeShort(most, allowed, service.replicas)


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
