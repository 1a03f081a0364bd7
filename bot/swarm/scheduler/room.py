"""Where more tasks of a service would go, and whether there is room for them; pure, and as far as
it can be told.

Swarm counts reservations, not usage, and puts the next task on the node that runs the fewest of the
service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.model import Mode, Node, Service, Spec, Task
from bot.swarm.scheduler.constraints import eligible

_ENDED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a task reserves, or a node has left: billionths of a CPU, and bytes."""

    nano_cpus: int = 0
    memory: int = 0

    def __add__(self, other: Reserved) -> Reserved:
        return Reserved(self.nano_cpus + other.nano_cpus, self.memory + other.memory)

    def fits(self, need: Reserved) -> bool:
        """Whether as much as this holds what is needed; who needs nothing of a kind fits always."""
        enough_cpus = not need.nano_cpus or self.nano_cpus >= need.nano_cpus
        return enough_cpus and (not need.memory or self.memory >= need.memory)


@dataclass(frozen=True, slots=True)
class Room:
    """Names of the nodes that would get new tasks, one for each that finds a place, and what keeps
    the rest from one."""

    nodes: tuple[str, ...]
    short: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class _FreeNode:
    node: Node
    own: int
    all: int
    left: Reserved


def reserved(spec: Spec) -> Reserved:
    """What one task of this specification reserves."""
    found: Mapping[str, Any] = (spec.get("TaskTemplate", {}).get("Resources") or {}).get(
        "Reservations"
    ) or {}
    return Reserved(found.get("NanoCPUs") or 0, found.get("MemoryBytes") or 0)


def more(
    service: Service,
    count: int,
    nodes: Sequence[Node],
    services: Iterable[Service],
    tasks: Iterable[Task],
) -> Room:
    """Where `count` more tasks of a replicated service would go. `tasks`: all that are meant to
    run."""
    need = reserved(service.spec)
    most = _most(service)
    running = [task for task in tasks if task.state not in _ENDED]
    places = _places(service, eligible(service.spec, nodes), services, running)
    # Those that still wait for a place come before the new ones.
    waiting = sum(task.service_id == service.id and not task.node_id for task in running)
    chosen: list[str] = []
    for _ in range(waiting + count):
        open_ones = [place for place in places if place.own < most and place.left.fits(need)]
        if not open_ones:
            found = tuple(chosen[waiting:])
            return Room(found, count - len(found), _why(places, most, need))
        best = min(open_ones, key=lambda place: (place.own, place.all, place.node.name))
        taken = Reserved(best.left.nano_cpus - need.nano_cpus, best.left.memory - need.memory)
        places[places.index(best)] = replace(best, own=best.own + 1, all=best.all + 1, left=taken)
        chosen.append(best.node.name)
    return Room(tuple(chosen[waiting:]))


def _places(
    service: Service, nodes: Iterable[Node], services: Iterable[Service], tasks: Iterable[Task]
) -> list[_FreeNode]:
    needs = {each.id: reserved(each.spec) for each in services}
    own: Counter[str] = Counter()
    every: Counter[str] = Counter()
    used: dict[str, Reserved] = {}
    for task in tasks:
        own[task.node_id] += task.service_id == service.id
        every[task.node_id] += 1
        used[task.node_id] = used.get(task.node_id, Reserved()) + needs.get(
            task.service_id, Reserved()
        )
    return [
        _FreeNode(node, own[node.id], every[node.id], _left(node, used.get(node.id, Reserved())))
        for node in nodes
    ]


def _left(node: Node, used: Reserved) -> Reserved:
    return Reserved(node.nano_cpus - used.nano_cpus, node.memory - used.memory)


def _most(service: Service) -> float:
    """Tasks that one node takes at most: one where they publish a port on the node itself."""
    if service.mode is Mode.REPLICATED and any(
        port.mode == "host" and port.published for port in service.ports
    ):
        return 1
    placement = service.spec.get("TaskTemplate", {}).get("Placement") or {}
    return placement.get("MaxReplicas") or float("inf")


def _why(places: Sequence[_FreeNode], most: float, need: Reserved) -> str:
    if not places:
        return "no node is Ready and Active and fulfils the constraints"
    full = sorted(
        (place for place in places if place.own >= most), key=lambda place: place.node.name
    )
    if len(full) == len(places):
        return f"every node that may run it takes {most:g} at most"
    parts = [f"{need.memory >> 20} MB"] if need.memory else []
    parts += [f"{need.nano_cpus / 1e9:g} CPUs"] if need.nano_cpus else []
    return f"each reserves {' and '.join(parts)}, and no node has that much left"
