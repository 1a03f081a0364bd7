"""Which tasks leave their nodes when nodes change, and whether the other nodes have room for them;
pure.

Swarm counts reservations, not usage. Where a task will really go is Swarm's choice: this finds out
whether there is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.model import Availability, Node, Resources, Service, Task
from bot.model.english import agree
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.capacity import Capacity, Need, Placement, Shortage, host_ports_in_words
from bot.swarm.spec import read


@dataclass(frozen=True, slots=True)
class Move:
    """The tasks of one service that leave (ids). `bound`: they belong to their nodes (global), and
    are not replaced elsewhere.

    `placement` says where the others find room; what is bound has none.
    """

    service: Service
    tasks: tuple[str, ...]
    placement: Placement = field(default_factory=Placement)

    @property
    def placed(self) -> int:
        """Tasks that find room on other nodes."""
        return self.placement.placed

    @property
    def shortage(self) -> Shortage | None:
        """What keeps the rest of them from a place."""
        return self.placement.shortage

    @property
    def able(self) -> bool:
        """Whether any other node may run the service at all."""
        return self.shortage not in (Shortage.NO_NODE, Shortage.PLATFORM)

    @property
    def bound(self) -> bool:
        """Whether they end instead of moving."""
        return self.service.mode.is_global

    @property
    def waiting(self) -> int:
        """Tasks for which there is no room."""
        return 0 if self.bound else len(self.tasks) - self.placed


def moves(
    before: Iterable[Node],
    after: Iterable[Node],
    tasks: Iterable[Task],
    services: Iterable[Service],
) -> tuple[Move, ...]:
    """What moves when the nodes `before` become those `after`, by name of service. Only tasks that
    are meant to run count."""
    then = {node.id: node for node in after}
    same = {node.id for node in before if then.get(node.id) == node}
    known = {service.id: service for service in services}
    alive = [task for task in tasks if task.active and task.service_id in known]
    leaving = [
        task
        for task in alive
        if task.node_id and task.node_id not in same and _leaves(task, then, known)
    ]
    gone = {task.id for task in leaving}
    capacity = Capacity.of(
        then.values(), (task for task in alive if task.id not in gone), known.values()
    )
    tasks_of: defaultdict[str, list[str]] = defaultdict(list)
    for task in leaving:
        tasks_of[task.service_id].append(task.id)
    largest_first = sorted((known[service_id] for service_id in tasks_of), key=_size, reverse=True)
    planned = [_move(service, tuple(tasks_of[service.id]), capacity) for service in largest_first]
    return tuple(sorted(planned, key=lambda move: move.service.name))


def summary(leaving: Sequence[Move]) -> str:
    """Which tasks move and which end: `3 tasks move: web 2, api 1 · ends there: agent`."""
    moving = [move for move in leaving if not move.bound]
    count = sum(len(move.tasks) for move in moving)
    names = ", ".join(f"{move.service.name} {len(move.tasks)}" for move in moving)
    ending = ", ".join(move.service.name for move in leaving if move.bound)
    moved = f"{count} {agree(count, 'task moves', 'tasks move')}: {names}" if count else ""
    return " · ".join(part for part in (moved, f"ends there: {ending}" if ending else "") if part)


def shortages(leaving: Iterable[Move]) -> tuple[str, ...]:
    """A sentence for every service whose tasks do not all find room."""
    return tuple(map(_shortage, (move for move in leaving if move.waiting)))


def _shortage(move: Move) -> str:
    wait = f"{move.waiting} of {len(move.tasks)} tasks" if len(move.tasks) > 1 else "its task"
    return f"{move.service.name}: {wait} would wait, for {_why(move)}"


def _why(move: Move) -> str:
    need = Need.of(move.service)
    match move.shortage:
        case Shortage.NO_NODE:
            return "no other node is Ready and Active and fulfils its constraints"
        case Shortage.PLATFORM:
            return constraints.no_platform(move.service.spec)
        case Shortage.HOST_PORT:
            return f"its {host_ports_in_words(need)} taken on the other nodes. Add a node"
        case Shortage.RESERVATION:
            return (
                "the other nodes have no room left for what it reserves. Lower "
                f"{' or '.join(_flags(need.resources))}, or add a node"
            )
        case _:
            return "the other nodes hold as many as they may. Add a node"


def _flags(resources: Resources) -> list[str]:
    flags = (
        ("`--reserve-memory`", resources.memory),
        ("`--reserve-cpu`", resources.nano_cpus),
        ("`--generic-resource`", resources.generic),
    )
    return [flag for flag, needed in flags if needed]


def _size(service: Service) -> tuple[int, int]:
    """Swarm has no such order; the largest first makes the most of the room."""
    reserved = read.reserved(service.spec)
    return reserved.memory, reserved.nano_cpus


def _leaves(task: Task, then: Mapping[str, Node], services: Mapping[str, Service]) -> bool:
    node = then.get(task.node_id)
    if node is None or node.availability == Availability.DRAIN:
        return True
    return not constraints.fulfils(services[task.service_id].spec, node)


def _move(service: Service, tasks: tuple[str, ...], capacity: Capacity) -> Move:
    if service.mode.is_global:
        return Move(service, tasks)
    return Move(service, tasks, capacity.place(service, len(tasks)))
