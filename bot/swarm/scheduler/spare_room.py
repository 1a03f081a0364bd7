"""Whether a few more tasks find room whatever comes first; pure.

It is quick where there is much room: `moves` places task by task, which takes long on a thousand
nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.model import Node, Resources, Service
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.capacity import Capacity, Need


def surely_fit(
    arriving: Mapping[str, int],
    services: Mapping[str, Service],
    nodes: Sequence[Node],
    capacity: Capacity,
) -> bool:
    """Whether so many more tasks of these replicated services (by id) fit on the nodes; where it is
    False they may fit all the same.

    A node that has room for all of them takes its part of them, however the others are placed.
    """
    needs = {service_id: Need.of(services[service_id]) for service_id in arriving}
    if any(need.host_ports for need in needs.values()):
        return False
    whole = _sum(needs, arriving)
    roomy = [node for node in nodes if _has(capacity.left(node.id), whole)]
    able: dict[constraints.Demands, Sequence[Node]] = {}
    for service_id, count in arriving.items():
        spec, need = services[service_id].spec, needs[service_id]
        wanted = constraints.demands(spec)
        if wanted not in able:
            able[wanted] = constraints.eligible(spec, roomy)
        if _places(able[wanted], need, capacity) < (count if need.most else 1):
            return False
    return True


def _sum(needs: Mapping[str, Need], counts: Mapping[str, int]) -> Resources:
    generic: Counter[str] = Counter()
    for service_id, need in needs.items():
        for kind, amount in need.resources.generic.items():
            generic[kind] += amount * counts[service_id]
    return Resources(
        sum(need.resources.memory * counts[key] for key, need in needs.items()),
        sum(need.resources.nano_cpus * counts[key] for key, need in needs.items()),
        generic,
    )


def _has(free: Resources, needed: Resources) -> bool:
    return (
        free.memory >= needed.memory
        and free.nano_cpus >= needed.nano_cpus
        and all(free.generic.get(kind, 0) >= count for kind, count in needed.generic.items())
    )


def _places(able: Sequence[Node], need: Need, capacity: Capacity) -> int:
    """How many nodes take at least one more task of the service."""
    if not need.most:
        return len(able)
    own = capacity.own(need.service_id)
    return sum(own[node.id] < need.most for node in able)
