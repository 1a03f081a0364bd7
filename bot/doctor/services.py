"""What the doctor says of the services: what does not run and why, what breaks at the next failure
or deploy; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.doctor.logins import logins
from bot.doctor.probes import Probes
from bot.doctor.resilience import losses, tied_data
from bot.doctor.specifications import SeenServices, lasting, running
from bot.doctor.updates import deploys, images, registry
from bot.model import Cause, Service, Task, TaskState
from bot.model.advice import Advice
from bot.model.advice_facts import (
    AddressesShort,
    BelowCount,
    FailAlike,
    NeverRan,
    PlacementObstacle,
)
from bot.model.advice_kind import AdviceKind
from bot.model.incident import Severity
from bot.model.obstacles import Obstacle
from bot.swarm.health.addresses import address_uses
from bot.swarm.scheduler import obstacles
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.watch.evaluation import Evaluation

YOUNG = timedelta(minutes=1)
"""A service this new, or this newly changed, may still be about to run."""
_APART = 3
"""So many services that fail for the same reason are told of one by one."""
_ROLLING = ("updating", "rollback_started")


def examine(evaluation: Evaluation, probes: Probes) -> Iterator[Advice]:
    """Jobs, and services that are scaled to nothing, are left in peace; of services that do one
    piece of work is said what does not run, not what would let them do it twice."""
    view = SeenServices(evaluation, probes)
    if evaluation.snapshot.tasks is not None and evaluation.snapshot.nodes is not None:
        yield from _not_running(view)
        yield from _obstacles(view)
        yield from _addresses(view)
        yield from tied_data(view.layout)
    yield from registry(view)
    yield from logins(view)
    yield from deploys(view)
    yield from images(view)
    yield from losses(view.layout)


# ---- what does not run


def _not_running(view: SeenServices) -> Iterator[Advice]:
    """One finding a service; many that fail for the same reason are one."""
    alike: dict[tuple[AdviceKind, Cause | None], list[tuple[Service, Advice]]] = defaultdict(list)
    suspects = _never_ran(view.layout) | view.evaluation.below.keys()
    for service in running(view.layout):
        if service.id not in suspects:
            continue
        advice = None if _settling(service, view) else _ill(service, view)
        if advice:
            cause = view.evaluation.cause_of(service.id)
            alike[advice.kind, cause.cause if cause else None].append((service, advice))
    for (kind, _), ill in alike.items():
        if len(ill) <= _APART:
            yield from (advice for _, advice in ill)
            continue
        severity = max((advice.severity for _, advice in ill), key=lambda severity: severity.rank)
        cause = view.evaluation.cause_of(ill[0][0].id)
        yield Advice(severity, FailAlike(kind, tuple(service.name for service, _ in ill), cause))


def _ill(service: Service, view: SeenServices) -> Advice | None:
    """What is wrong with how it runs, if anything is."""
    if service.id in _never_ran(view.layout):
        ports = tuple(port.published for port in service.ports if port.published)
        cause = view.evaluation.cause_of(service.id)
        facts = NeverRan(service=service.name, ports=ports, cause=cause)
        return Advice(Severity.WARNING, facts)
    below = view.evaluation.below.get(service.id)
    if below is None:
        return None
    return Advice(
        Severity.WARNING if below.running else Severity.CRITICAL,
        BelowCount(
            service=service.name,
            running=below.running,
            desired=below.desired,
            cause=view.evaluation.cause_of(service.id),
            for_good=view.evaluation.failed_for_good(service.id),
        ),
    )


def _settling(service: Service, view: SeenServices) -> bool:
    """Whether it is being updated, or was so just now, and no task says yet that something is
    wrong."""
    if service.update is not None and service.update.state in _ROLLING:
        return True
    evaluation = view.evaluation
    young = service.updated is not None and evaluation.at - service.updated < YOUNG
    return young and not any(task.error for task in evaluation.tasks_of.get(service.id, ()))


@kept_with_layout
def _never_ran(layout: TaskLayout) -> frozenset[str]:
    """The services (ids) that should run now and none of whose tasks ever did."""
    return frozenset(
        service.id
        for service in running(layout)
        if not _ever_ran(layout.tasks_of.get(service.id, ()))
    )


def _ever_ran(tasks: Sequence[Task]) -> bool:
    """Whether a task has run: runs now, or has ended after it had a container. Without tasks nobody
    knows."""
    ended = (TaskState.COMPLETE, TaskState.SHUTDOWN, TaskState.FAILED)
    return not tasks or any(
        task.state == TaskState.RUNNING or (task.state in ended and task.container_id)
        for task in tasks
    )


def _addresses(view: SeenServices) -> Iterator[Advice]:
    """Networks that are full, or have no subnet: what is to run there waits without a word."""
    for use in address_uses(view.probes.networks, view.evaluation.layout):
        if use.short or use.addresses is None:
            severity = Severity.WARNING if use.services else Severity.NOTE
            yield Advice(severity, AddressesShort(use))


def _obstacles(view: SeenServices) -> Iterator[Advice]:
    """What will keep a service from its count, or its next update from ending."""
    for service_id, advice in _of_whole_services(view.layout):
        if service_id not in view.evaluation.below:
            yield advice


@kept_with_layout
def _of_whole_services(layout: TaskLayout) -> tuple[tuple[str, Advice], ...]:
    """What stands in the way of each service (id), were it at its count."""
    return tuple(
        (
            service.id,
            Advice(Severity.WARNING, PlacementObstacle(service=service.name, obstacle=obstacle)),
        )
        for service in lasting(layout)
        for obstacle in _in_the_way(service, layout)
    )


def _in_the_way(service: Service, layout: TaskLayout) -> tuple[Obstacle, ...]:
    places = layout.eligible(service.spec)
    if places.nodes:
        return obstacles.on_these(service, places, service.spec)
    return obstacles.in_the_way(service, layout.listed_nodes, service.spec)
