"""What the doctor says of the services: what does not run and why, what breaks at the next failure
or deploy; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.doctor.probes import Probes
from bot.doctor.resilience import losses, tied_data
from bot.doctor.specifications import RunningServices
from bot.doctor.updates import deploys, images, registry
from bot.model import Finding, Service, Spec, Task
from bot.model.english import listed
from bot.model.incident import Advice, Severity
from bot.swarm.health.diagnosis import diagnose
from bot.swarm.scheduler import constraints
from bot.watch import replica_counts
from bot.watch.snapshot import Snapshot

YOUNG = timedelta(minutes=1)
"""A service this new, or this newly changed, may still be about to run."""
NEVER_RAN = "never-ran"
_APART = 3
"""So many services that fail for the same reason are told of one by one."""
_ROLLING = ("updating", "rollback_started")


def examine(seen: Snapshot, probes: Probes) -> Iterator[Advice]:
    """Jobs, and services that are scaled to nothing, are left in peace."""
    tasks: dict[str, list[Task]] = defaultdict(list)
    for task in seen.tasks or ():
        tasks[task.service_id].append(task)
    nodes = {node.id: node for node in seen.nodes or ()}
    services = tuple(
        one
        for one in seen.services or ()
        if one.mode not in replica_counts.JOBS and one.replicas != 0
    )
    view = RunningServices(services, tasks, nodes, probes, seen.at)
    if seen.tasks is not None and seen.nodes is not None:
        yield from _not_running(view)
        yield from _obstacles(view)
        yield from tied_data(view)
    yield from registry(view)
    yield from deploys(view)
    yield from images(view)
    yield from losses(view)


# ---- what does not run


def _not_running(view: RunningServices) -> Iterator[Advice]:
    """One finding a service; many that fail for the same reason are one."""
    alike: dict[tuple[str, str], list[tuple[Service, Advice]]] = defaultdict(list)
    for service in view.services:
        cause = None if _settling(service, view) else _cause(service, view)
        found = None if _settling(service, view) else _ill(service, cause, view)
        if found:
            alike[found.name, _because(cause)].append((service, found))
    for (name, because), several in alike.items():
        if len(several) <= _APART:
            yield from (found for _, found in several)
            continue
        first, worst = (
            several[0][0],
            max((found for _, found in several), key=lambda one: one.severity.rank),
        )
        does = "never ran" if name == NEVER_RAN else "run fewer tasks than they should"
        names = tuple(service.name for service, _ in several)
        text = f"{len(names)} services {does}{because}"
        yield replace(
            worst, text=text, fix=f"`/swarm ps {first.name}` says more of the first", names=names
        )


def _ill(service: Service, cause: Finding | None, view: RunningServices) -> Advice | None:
    """What is wrong with how it runs, if anything is."""
    if not _ever_ran(view.tasks.get(service.id, ())):
        return _never_ran(service, cause)
    running, wanted = _counts(service, view)
    if running >= wanted:
        return None
    look = f"`/swarm ps {service.name}`"
    return Advice(
        severity=Severity.CRITICAL if not running else Severity.WARNING,
        name="below-count",
        text=f"{service.name} runs {running} of {wanted} tasks" + _because(cause),
        fix=f"{cause.fix.rstrip('.')}. {look}" if cause and cause.fix else look,
    )


def _settling(service: Service, view: RunningServices) -> bool:
    """Whether it is being updated, or was so just now, and no task says yet that something is
    wrong."""
    if service.update is not None and service.update.state in _ROLLING:
        return True
    young = service.updated is not None and view.at - service.updated < YOUNG
    return young and not any(task.error for task in view.tasks.get(service.id, ()))


def _ever_ran(tasks: Sequence[Task]) -> bool:
    """Whether a task has run: runs now, or has ended after it had a container. Without tasks nobody
    knows."""
    ended = ("complete", "shutdown", "failed")
    return not tasks or any(
        task.state == "running" or (task.state in ended and task.container_id) for task in tasks
    )


def _never_ran(service: Service, cause: Finding | None) -> Advice:
    ports = [str(port.published) for port in service.ports if port.published]
    keeps = f", and still holds port {listed(ports)}" if ports else ""
    return Advice(
        severity=Severity.WARNING,
        name=NEVER_RAN,
        text=f"{service.name} never ran{keeps}" + _because(cause),
        fix=(
            f"Mend it (`/swarm ps {service.name}`), or remove it: `/swarm service rm "
            f"{service.name}`"
        ),
    )


def _because(cause: Finding | None) -> str:
    return f": {cause.cause.rstrip('.')}" if cause else ""


def _counts(service: Service, view: RunningServices) -> tuple[int, int]:
    """How many tasks run, and how many should; tasks on a node that is away say they run for
    another day."""
    there = {node.id for node in view.nodes.values() if node.state not in ("down", "disconnected")}
    return replica_counts.counted(
        service, view.tasks.get(service.id, ()), there, lambda spec: _able(spec, view)
    )


def _able(spec: Spec, view: RunningServices) -> frozenset[str]:
    return frozenset(node.id for node in constraints.able(spec, view.nodes.values()))


def _cause(service: Service, view: RunningServices) -> Finding | None:
    tasks = view.tasks.get(service.id, ())
    ill = [
        task
        for task in tasks
        if task.state != "running" and (task.error or task.desired == "running")
    ]
    return next(iter(diagnose(ill, view.nodes)), None)


def _obstacles(view: RunningServices) -> Iterator[Advice]:
    """What will keep a service from its count, or its next update from ending."""
    nodes = tuple(view.nodes.values())
    for service in view.services:
        count = _counts(service, view)
        below = count[0] < count[1]
        for text in constraints.warnings(service, nodes, service.spec):
            if not below:
                yield Advice(
                    severity=Severity.WARNING,
                    name="placement",
                    text=f"{service.name}: {text}",
                    fix=(
                        f"`/swarm service inspect {service.name}` shows its constraints, ports "
                        "and reservations"
                    ),
                )
