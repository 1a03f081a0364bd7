"""What stands in the way of a service before it is rolled; pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Node, Service, Spec
from bot.swarm.scheduler import constraints
from bot.swarm.spec import read


def warnings(service: Service, nodes: Sequence[Node], spec: Spec) -> tuple[str, ...]:
    """What may keep the update from ending, though it can begin."""
    able = constraints.eligible(spec, nodes)
    if not able:
        return (_no_node(spec, nodes),) if nodes else ()
    shortcomings = (
        _host_ports_short(service, able, spec),
        _too_many(service, able, spec),
        _too_small(spec, able),
    )
    return tuple(text for text in shortcomings if text)


def _no_node(spec: Spec, nodes: Sequence[Node]) -> str:
    if constraints.open_to(spec, nodes):
        return f"no node may run it now: {constraints.no_platform(spec)}"
    return "no node may run it now: none is Ready and Active and fulfils the constraints"


def _host_ports_short(service: Service, able: Sequence[Node], spec: Spec) -> str:
    if not any(port.mode == "host" for port in service.ports):
        return ""
    tasks = len(able) if service.replicas is None else service.replicas
    if tasks > len(able):
        return (
            f"{tasks} replicas need as many nodes for their host port, and {len(able)} may run them"
        )
    if tasks == len(able) and (spec.get("UpdateConfig") or {}).get("Order") == "start-first":
        return (
            "every node that may run it holds its host port: with `start-first` no task can start "
            "beside the old one"
        )
    return ""


def _too_many(service: Service, able: Sequence[Node], spec: Spec) -> str:
    most = constraints.most_per_node(spec)
    room = most * len(able)
    if not most or service.replicas is None or service.replicas <= room:
        return ""
    return (
        f"`--replicas-max-per-node {most}` allows {room} of {service.replicas} replicas on the "
        "nodes that can run it"
    )


def _too_small(spec: Spec, able: Sequence[Node]) -> str:
    needed = read.reserved(spec)
    if (largest := max(node.memory for node in able)) < needed.memory:
        return (
            f"no node is large enough for the reservation of {needed.memory >> 20} MB (the largest "
            f"has {largest >> 20} MB)"
        )
    if (most := max(node.nano_cpus for node in able)) < needed.nano_cpus:
        return (
            f"no node has the {needed.nano_cpus / 1e9:g} CPUs that are reserved (the most has "
            f"{most / 1e9:g})"
        )
    for kind, count in sorted(needed.generic.items()):
        if (most := max(node.generic.get(kind, 0) for node in able)) < count:
            return f"no node has the {count} {kind} that are reserved (the most has {most})"
    return ""
