"""How many tasks a service runs and should run, and on which nodes. Pure, of one service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set

from bot.model import Mode, Node, Platform, Service, Spec, Task
from bot.swarm import placement

Demands = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
"""What decides which nodes may run a service: its constraints, its image's platforms."""

JOBS = (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB)
GLOBAL = (Mode.GLOBAL, Mode.GLOBAL_JOB)


def demands(spec: Spec) -> Demands:
    """What the specification demands of a node."""
    wanted = spec.get("TaskTemplate", {}).get("Placement") or {}
    return tuple(wanted.get("Constraints") or ()), tuple((p.os, p.architecture) for p in _platforms(spec))


def able(spec: Spec, nodes: Iterable[Node]) -> frozenset[str]:
    """The nodes (ids) that may run it now: Ready, Active, and as the specification demands."""
    offered = _platforms(spec)
    return frozenset(
        one.id
        for one in placement.eligible(spec, nodes)
        if not offered or placement.fits(offered, (placement.normal(one.platform),))
    )


def counted(
    service: Service, tasks: Iterable[Task], alive: Set[str], able_for: Callable[[Spec], frozenset[str]]
) -> tuple[int, int]:
    """How many places run, how many should; what says that it runs on a node that is gone does not."""
    if service.mode in JOBS:
        return _of_job(service, tasks, alive, able_for)
    running = [one for one in tasks if one.desired == "running" and one.state == "running" and one.node_id in alive]
    if service.mode is Mode.GLOBAL:
        places = able_for(service.spec)
        return len(places & {one.node_id for one in running}), len(places)
    return len({one.slot for one in running}), service.replicas or 0


def as_told(service: Service, *, sure: bool) -> tuple[int, int] | None:
    """The same by the engine's own count, which takes tasks of dead nodes for running: None where that may deceive."""
    desired = service.desired if service.replicas is None else service.replicas
    if service.mode in JOBS or service.running is None or desired is None:
        return None
    return (service.running, desired) if sure or service.running < desired else None


def is_free(service: Service) -> bool:
    """Whether Swarm may place its tasks as it likes: where it may not, they may lie unevenly for a reason.

    `bot.swarm.balance` finds out more of a service, but takes too long for all of them at every look.
    """
    wanted = service.spec.get("TaskTemplate", {}).get("Placement") or {}
    bound = wanted.get("Constraints") or wanted.get("Preferences") or any(placement.reservation(service.spec))
    bound = bound or any(port.mode == "host" for port in service.ports)
    return service.mode is Mode.REPLICATED and not bound and (service.replicas or 0) > 1


def spread(tasks: Iterable[Task], nodes: Iterable[str]) -> Mapping[str, int]:
    """How many of the tasks are meant to run on each of these nodes."""
    there = dict.fromkeys(nodes, 0)
    for task in tasks:
        if task.desired == "running" and task.node_id in there:
            there[task.node_id] += 1
    return there


def _of_job(
    service: Service, tasks: Iterable[Task], alive: Set[str], able_for: Callable[[Spec], frozenset[str]]
) -> tuple[int, int]:
    """A job that gets on is whole: fewer at a time than in all is its way."""
    current = [one for one in tasks if one.job_iteration == service.job_iteration]
    is_global = service.mode is Mode.GLOBAL_JOB
    complete = {one.node_id if is_global else one.slot for one in current if one.state == "complete"}
    total = len({*able_for(service.spec), *complete}) if is_global else service.replicas or 0
    if any(one.state == "running" and one.node_id in alive for one in current):
        return total, total
    return min(len(complete), total), total


def _platforms(spec: Spec) -> tuple[Platform, ...]:
    wanted = spec.get("TaskTemplate", {}).get("Placement") or {}
    return tuple(Platform(one.get("OS", ""), one.get("Architecture", "")) for one in wanted.get("Platforms") or ())
