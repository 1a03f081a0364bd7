"""How many tasks a service runs and should run, and on which nodes. Pure, of one service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from bot.model import Mode, Service, Spec, Task, TaskState
from bot.swarm.health.completion import place_of


def counted(
    service: Service,
    tasks: Iterable[Task],
    alive: Set[str],
    able_for: Callable[[Spec], frozenset[str]],
) -> tuple[int, int]:
    """How many places run or have done their work, how many should; what says that it runs on a
    node that is gone does not."""
    if service.mode.is_job:
        return _of_job(service, tasks, alive, able_for)
    running = {
        place_of(service, task) for task in tasks if task.runs and task.node_id in alive
    } | _done(service)
    if service.mode is Mode.GLOBAL:
        places = able_for(service.spec)
        return len(places & running), len(places)
    return len(running), service.replicas or 0


def as_told(service: Service, *, sure: bool) -> tuple[int, int] | None:
    """The same by the engine's own count, which takes tasks of dead nodes for running: None where
    that may deceive."""
    desired = service.desired if service.replicas is None else service.replicas
    if service.mode.is_job or service.running is None or desired is None:
        return None
    running = service.running + len(_done(service))
    return (running, desired) if sure or running < desired else None


def _done(service: Service) -> frozenset[str]:
    return service.completion.done if service.completion else frozenset()


def _of_job(
    service: Service,
    tasks: Iterable[Task],
    alive: Set[str],
    able_for: Callable[[Spec], frozenset[str]],
) -> tuple[int, int]:
    """A job that gets on is whole: fewer at a time than in all is its way."""
    current = [task for task in tasks if task.job_iteration == service.job_iteration]
    is_global = service.mode is Mode.GLOBAL_JOB
    complete = {
        task.node_id if is_global else task.slot
        for task in current
        if task.state == TaskState.COMPLETE
    }
    total = len({*able_for(service.spec), *complete}) if is_global else service.replicas or 0
    if any(task.state == TaskState.RUNNING and task.node_id in alive for task in current):
        return total, total
    return min(len(complete), total), total
