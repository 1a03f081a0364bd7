"""Which tasks leave their nodes when nodes change, and whether the other nodes have room for them;
pure.

Swarm counts reservations, not usage. Where a task will really go is Swarm's choice: this finds out
whether there is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.model import Availability, Node, Service, Task
from bot.model.placement import Move
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.capacity import Capacity
from bot.swarm.spec import read


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
