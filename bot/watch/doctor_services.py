"""What the doctor says of the services: what does not run and why, what breaks at the next failure or deploy; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.incident import Advice, Severity
from bot.model import Finding, Node, Service, Spec, Task
from bot.swarm import placement
from bot.swarm.diagnosis import diagnose
from bot.swarm_model import Held
from bot.watch import counts
from bot.watch.observation import Observation
from bot.watch.probes import Probes
from bot.watch.wording import grouped, listed

YOUNG = timedelta(minutes=1)
"""A service this new, or this newly changed, may still be about to run."""
NEVER_RAN = "never-ran"
_APART = 3
"""So many services that fail for the same reason are told of one by one."""
_ROLLING = ("updating", "rollback_started")


@dataclass(frozen=True, slots=True)
class _View:
    """The services that should run all the time, and what is known of them."""

    services: tuple[Service, ...]
    tasks: Mapping[str, Sequence[Task]]
    nodes: Mapping[str, Node]
    probes: Probes
    at: datetime


def examine(seen: Observation, probes: Probes) -> Iterator[Advice]:
    """Jobs, and services that are scaled to nothing, are left in peace."""
    tasks: dict[str, list[Task]] = defaultdict(list)
    for task in seen.tasks or ():
        tasks[task.service_id].append(task)
    nodes = {node.id: node for node in seen.nodes or ()}
    services = tuple(one for one in seen.services or () if one.mode not in counts.JOBS and one.replicas != 0)
    view = _View(services, tasks, nodes, probes, seen.at)
    if seen.tasks is not None and seen.nodes is not None:
        yield from _not_running(view)
        yield from _obstacles(view)
        yield from _tied_data(view)
    yield from _registry(view)
    yield from _deploys(view)
    yield from _images(view)
    yield from _losses(view)


# ---- what does not run


def _not_running(view: _View) -> Iterator[Advice]:
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
        first, worst = several[0][0], max((found for _, found in several), key=lambda one: one.severity.rank)
        does = "never ran" if name == NEVER_RAN else "run fewer tasks than they should"
        names = tuple(service.name for service, _ in several)
        text = f"{len(names)} services {does}{because}"
        yield replace(worst, text=text, fix=f"`/swarm ps {first.name}` says more of the first", names=names)


def _ill(service: Service, cause: Finding | None, view: _View) -> Advice | None:
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


def _settling(service: Service, view: _View) -> bool:
    """Whether it is being updated, or was so just now, and no task says yet that something is wrong."""
    if service.update is not None and service.update.state in _ROLLING:
        return True
    young = service.updated is not None and view.at - service.updated < YOUNG
    return young and not any(task.error for task in view.tasks.get(service.id, ()))


def _ever_ran(tasks: Sequence[Task]) -> bool:
    """Whether a task has run: runs now, or has ended after it had a container. Without tasks nobody knows."""
    ended = ("complete", "shutdown", "failed")
    return not tasks or any(task.state == "running" or (task.state in ended and task.container_id) for task in tasks)


def _never_ran(service: Service, cause: Finding | None) -> Advice:
    ports = [str(port.published) for port in service.ports if port.published]
    keeps = f", and still holds port {listed(ports)}" if ports else ""
    return Advice(
        severity=Severity.WARNING,
        name=NEVER_RAN,
        text=f"{service.name} never ran{keeps}" + _because(cause),
        fix=f"Mend it (`/swarm ps {service.name}`), or remove it: `/swarm service rm {service.name}`",
    )


def _because(cause: Finding | None) -> str:
    return f": {cause.cause.rstrip('.')}" if cause else ""


def _counts(service: Service, view: _View) -> tuple[int, int]:
    """How many tasks run, and how many should; tasks on a node that is away say they run for another day."""
    there = {node.id for node in view.nodes.values() if node.state not in ("down", "disconnected")}
    return counts.counted(service, view.tasks.get(service.id, ()), there, lambda spec: _able(spec, view))


def _able(spec: Spec, view: _View) -> frozenset[str]:
    return frozenset(node.id for node in placement.able(spec, view.nodes.values()))


def _cause(service: Service, view: _View) -> Finding | None:
    tasks = view.tasks.get(service.id, ())
    ill = [task for task in tasks if task.state != "running" and (task.error or task.desired == "running")]
    return next(iter(diagnose(ill, view.nodes)), None)


def _obstacles(view: _View) -> Iterator[Advice]:
    """What will keep a service from its count, or its next update from ending."""
    nodes = tuple(view.nodes.values())
    for service in view.services:
        count = _counts(service, view)
        below = count[0] < count[1]
        for text in placement.warnings(service, nodes, service.spec):
            if not below:
                yield Advice(
                    severity=Severity.WARNING,
                    name="placement",
                    text=f"{service.name}: {text}",
                    fix=f"`/swarm service inspect {service.name}` shows its constraints, ports and reservations",
                )


# ---- images


def _registry(view: _View) -> Iterator[Advice]:
    by_image: dict[str, list[str]] = defaultdict(list)
    for service in view.services:
        if view.probes.registry.get(str(service.image)) in (Held.MISSING, Held.DENIED):
            by_image[str(service.image)].append(service.name)
    for image, names in by_image.items():
        service = next(one for one in view.services if str(one.image) == image)
        tagged = service.image.tagged
        missing = view.probes.registry[image] is Held.MISSING
        has = "is in no registry" if missing else "is refused by its registry, or not there"
        where = _lies_on(service, view)
        text = f"{tagged} of {listed(names)} {has}"
        text += f": it lies on {where} alone, and no other node can start it" if where else ""
        push = f"On {where or 'a node that has it'}: `docker push {tagged}`"
        auth = f"; where it is private, deploy it with credentials: `/swarm service update --with-registry-auth {names[0]}`"
        fix = f"{push}, then `/swarm deploy {names[0]} {tagged}`" + ("" if missing else auth)
        yield Advice(severity=Severity.WARNING, name="image-missing", text=text, fix=fix)


def _lies_on(service: Service, view: _View) -> str:
    names = {
        view.nodes[task.node_id].name
        for task in view.tasks.get(service.id, ())
        if task.state == "running" and task.node_id in view.nodes
    }
    return listed(sorted(names)) if len(names) <= 3 else ""


def _images(view: _View) -> Iterator[Advice]:
    loose = [
        one for one in view.services if not one.image.digest and view.probes.registry.get(str(one.image)) not in _GONE
    ]
    first = loose[0] if loose else None
    yield from grouped(
        _names(loose),
        "has an image without digest: each node may run another build of it",
        Advice(
            severity=Severity.WARNING,
            name="no-digest",
            text="services have an image without digest: each node may run another build of it",
            fix=f"Pin it: `/swarm deploy {first.name} {first.image.tagged}`" if first else "",
        ),
    )
    # A digest alone names one build for ever; neither tag nor digest stands for `latest`.
    latest = [one for one in view.services if one.image.tag == "latest" or not (one.image.tag or one.image.digest)]
    yield from grouped(
        _names(latest),
        "runs `latest`: nobody can tell which version that is, nor go back to it by name",
        Advice(
            severity=Severity.NOTE,
            name="latest",
            text="services run `latest`: nobody can tell which version that is, nor go back to it by name",
            fix=f"`/swarm deploy {latest[0].name} {latest[0].image.name}:VERSION`" if latest else "",
        ),
    )


_GONE = (Held.MISSING, Held.DENIED)


# ---- deploys


def _deploys(view: _View) -> Iterator[Advice]:
    def found(wrong: Callable[[Service], bool]) -> list[str]:
        return _names([service for service in view.services if wrong(service)])

    names = found(lambda one: _config(one).get("FailureAction") == "continue")
    yield from grouped(
        names,
        "goes on with an update that fails (`continue`): a bad image replaces every task",
        Advice(
            severity=Severity.WARNING,
            name="update-continue",
            text="services go on with an update that fails (`continue`): a bad image replaces every task",
            fix=f"`/swarm service update --update-failure-action rollback {_one(names)}`",
        ),
    )
    names = found(_all_at_once)
    yield from grouped(
        names,
        "replaces all its tasks at once: each deploy is an outage",
        Advice(
            severity=Severity.WARNING,
            name="all-at-once",
            text="services replace all their tasks at once: each deploy is an outage",
            fix=f"`/swarm service update --update-parallelism 1 {_one(names)}`",
        ),
    )
    names = found(lambda one: not _checked(one, view.probes))
    yield from grouped(
        names,
        "has no health check: a task counts as up as soon as it runs, and one that hangs is not replaced",
        Advice(
            severity=Severity.WARNING,
            name="health-check",
            text="services have no health check: a task counts as up as soon as it runs, and one that hangs is not replaced",
            fix=f"`/swarm service update --health-cmd COMMAND {_one(names)}`, or `HEALTHCHECK` in the image",
        ),
    )


def _all_at_once(service: Service) -> bool:
    config = _config(service)
    several = service.replicas is None or service.replicas > 1
    # Where nothing is configured the engine takes one at a time; 0 stands for all.
    return several and config.get("Parallelism") == 0 and config.get("Order") != "start-first"


def _checked(service: Service, probes: Probes) -> bool:
    """Whether something asks for its health. Where nobody could look into the image, it has the benefit of the doubt."""
    test = (_container(service).get("Healthcheck") or {}).get("Test")
    if test:
        return bool(test[0] != "NONE")
    return probes.health_checks.get(str(service.image), True)


# ---- losses


def _losses(view: _View) -> Iterator[Advice]:
    single = [one for one in view.services if one.replicas == 1 and not _data(one)]
    yield from grouped(
        _names(single),
        "has a single replica: it is away while its node is, until another takes over",
        Advice(
            severity=Severity.NOTE,
            name="single",
            text="services have a single replica: they are away while their node is, until another takes over",
            fix=f"`/swarm scale {_one(_names(single))}=2`",
        ),
    )
    stays = [one for one in view.services if _restart(one) == "none"]
    yield from grouped(
        _names(stays),
        "is not started again when it ends (restart condition `none`)",
        Advice(
            severity=Severity.WARNING,
            name="no-restart",
            text="services are not started again when they end (restart condition `none`)",
            fix=f"`/swarm service update --restart-condition any {_one(_names(stays))}`",
        ),
    )
    free = [one for one in view.services if not _limits(one).get("MemoryBytes")]
    yield from grouped(
        _names(free),
        "has no memory limit: a leak takes its whole node down",
        Advice(
            severity=Severity.NOTE,
            name="no-memory-limit",
            text="services have no memory limit: a leak takes a whole node down",
            fix=f"`/swarm service update --limit-memory 512M {_one(_names(free))}`",
        ),
    )


def _tied_data(view: _View) -> Iterator[Advice]:
    """Data on a node's own disk stays behind when the task moves, and the task begins with an empty volume."""
    for service in view.services:
        volumes = _data(service)
        able = [node for node in view.nodes.values() if placement.fulfils(service.spec, node)]
        if volumes and service.replicas is not None and len(able) > 1:
            where = _lies_on(service, view).partition(" ")[0].rstrip(",") or "NODE"
            yield Advice(
                severity=Severity.WARNING,
                name="tied-data",
                text=f"{service.name} keeps data in {listed(volumes)} on its node's disk, and may be moved to another of "
                f"{len(able)} nodes, where it would begin with nothing",
                fix=f"Keep it there: `/swarm service update --constraint-add node.hostname=={where} {service.name}`",
            )


def _data(service: Service) -> list[str]:
    """Its writable volumes of the node's own."""
    return [
        str(mount.get("Source") or mount.get("Target"))
        for mount in _container(service).get("Mounts") or ()
        if mount.get("Type") == "volume" and not mount.get("ReadOnly") and _local(mount)
    ]


def _local(mount: Mapping[str, Any]) -> bool:
    """Whether the driver keeps it on the node; one with options is likely to be mounted from elsewhere."""
    driver = (mount.get("VolumeOptions") or {}).get("DriverConfig") or {}
    return driver.get("Name", "local") in ("", "local") and not driver.get("Options")


# ---- parts of a specification


def _template(service: Service) -> Mapping[str, Any]:
    return service.spec.get("TaskTemplate") or {}


def _container(service: Service) -> Mapping[str, Any]:
    return _template(service).get("ContainerSpec") or {}


def _config(service: Service) -> Mapping[str, Any]:
    return service.spec.get("UpdateConfig") or {}


def _restart(service: Service) -> str:
    return str((_template(service).get("RestartPolicy") or {}).get("Condition") or "any")


def _limits(service: Service) -> Mapping[str, Any]:
    return (_template(service).get("Resources") or {}).get("Limits") or {}


def _names(services: Sequence[Service]) -> list[str]:
    return [service.name for service in services]


def _one(names: Sequence[str]) -> str:
    return names[0] if names else ""
