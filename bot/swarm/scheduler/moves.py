"""Which tasks leave their nodes when nodes change, and whether the other nodes have room for them;
pure.

Swarm counts reservations, not usage. Where a task will really go is Swarm's choice: this finds out
whether there is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Mode, Node, Service, Task
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.load import Load
from bot.swarm.spec.read import ENDED

_BOUND = (Mode.GLOBAL, Mode.GLOBAL_JOB)


@dataclass(frozen=True, slots=True)
class Move:
    """The tasks of one service that leave (ids). `bound`: they belong to their nodes (global), and
    are not replaced elsewhere.

    `placed` of them find room on other nodes; `able` says whether any other node may run the
    service at all.
    """

    service: Service
    tasks: tuple[str, ...]
    placed: int = 0
    able: bool = True

    @property
    def bound(self) -> bool:
        """Whether they end instead of moving."""
        return self.service.mode in _BOUND

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
    alive = [
        task
        for task in tasks
        if task.desired == "running" and task.state not in ENDED and task.service_id in known
    ]
    leaving = [
        task
        for task in alive
        if task.node_id and task.node_id not in same and _leaves(task, then, known)
    ]
    gone = {task.id for task in leaving}
    load = Load.of(then.values(), (task for task in alive if task.id not in gone), known)
    of: defaultdict[str, list[str]] = defaultdict(list)
    for task in leaving:
        of[task.service_id].append(task.id)
    ordered = sorted(of, key=lambda each: constraints.reservation(known[each].spec), reverse=True)
    found = (_move(known[each], tuple(of[each]), tuple(then.values()), load) for each in ordered)
    return tuple(sorted(found, key=lambda move: move.service.name))


def summary(found: Sequence[Move]) -> str:
    """Which tasks move and which end: `3 tasks move: web 2, api 1 · ends there: agent`."""
    moving = [move for move in found if not move.bound]
    count = sum(len(move.tasks) for move in moving)
    names = ", ".join(f"{move.service.name} {len(move.tasks)}" for move in moving)
    ending = ", ".join(move.service.name for move in found if move.bound)
    moved = f"{count} {'task moves' if count == 1 else 'tasks move'}: {names}" if count else ""
    return " · ".join(part for part in (moved, f"ends there: {ending}" if ending else "") if part)


def shortages(found: Iterable[Move]) -> tuple[str, ...]:
    """A sentence for every service whose tasks do not all find room."""
    return tuple(map(_shortage, (move for move in found if move.waiting)))


def _shortage(move: Move) -> str:
    wait = f"{move.waiting} of {len(move.tasks)} tasks" if len(move.tasks) > 1 else "its task"
    would_wait = f"{move.service.name}: {wait} would wait"
    if not move.able:
        return f"{would_wait}, for no other node is Ready and Active and fulfils its constraints"
    memory, cpus = constraints.reservation(move.service.spec)
    flags = [
        flag
        for flag, needed in (("`--reserve-memory`", memory), ("`--reserve-cpu`", cpus))
        if needed
    ]
    if not flags:
        return f"{would_wait}, for the other nodes hold as many as they may. Add a node"
    return (
        f"{would_wait}, for the other nodes have no room left for what it reserves. Lower "
        f"{' or '.join(flags)}, or add a node"
    )


def _leaves(task: Task, then: Mapping[str, Node], services: Mapping[str, Service]) -> bool:
    node = then.get(task.node_id)
    if node is None or node.availability == "drain":
        return True
    return not constraints.fulfils(services[task.service_id].spec, node)


def _move(service: Service, tasks: tuple[str, ...], nodes: Sequence[Node], load: Load) -> Move:
    if service.mode in _BOUND:
        return Move(service, tasks)
    able = constraints.eligible(service.spec, nodes)
    return Move(service, tasks, sum(load.take(service, able) for _ in tasks), bool(able))
