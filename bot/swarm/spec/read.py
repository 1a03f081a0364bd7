"""Turns the Engine API's JSON into frozen values; pure.

What an engine leaves out is empty, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.model import (
    Image,
    Mode,
    Port,
    Resources,
    Service,
    Task,
    TaskState,
    UpdateStatus,
)
from bot.model.bounds import bounded
from bot.model.cluster import (
    Network,
    Stored,
)
from bot.model.completion import RestartCondition
from bot.swarm.spec.compact import CompactSpec, kept
from bot.swarm.spec.raw_values import (
    Raw,
    labels_of,
    said_in,
    time,
    version_of,
)
from bot.swarm.spec.read_cluster import generic_resources

STACK_NAMESPACE = "com.docker.stack.namespace"
# A newer engine may say a word that none of these has: it is read as unknown.
_TASK_STATES = {str(state): state for state in TaskState}
_RESTARTS = {str(condition): condition for condition in RestartCondition}
_SERVICE_MODES = {
    "Replicated": Mode.REPLICATED,
    "Global": Mode.GLOBAL,
    "ReplicatedJob": Mode.REPLICATED_JOB,
    "GlobalJob": Mode.GLOBAL_JOB,
}


@lru_cache(1024)
def image(text: str) -> Image:
    """An image reference; a text that is not one (a plugin's) becomes the name as a whole.

    Cached: thousands of tasks share a few images.
    """
    try:
        return Image.parse(text)
    except ValueError:
        return Image(bounded(text))


def service(raw: Raw) -> Service:
    """A service, with its counts of tasks where it was listed with `status=true`."""
    spec = raw["Spec"]
    status = raw.get("ServiceStatus") or {}
    labels = labels_of(spec)
    return Service(
        id=raw["ID"],
        name=spec.get("Name", ""),
        version=version_of(raw),
        mode=mode(spec),
        image=image(_container(spec).get("Image", "")),
        spec=spec,
        replicas=replicas(spec),
        running=status.get("RunningTasks"),
        desired=status.get("DesiredTasks"),
        stack=labels.get(STACK_NAMESPACE, ""),
        ports=_ports(raw),
        labels=labels,
        update=_update_status(raw.get("UpdateStatus")),
        previous=raw.get("PreviousSpec") or None,
        job_iteration=_iteration(raw.get("JobStatus")),
        created=time(raw.get("CreatedAt")),
        updated=time(raw.get("UpdatedAt")),
        restart=restart(spec),
    )


def listed_service(raw: Raw) -> Service:
    """A service of a list, which may have thousands."""
    whole = service(raw)
    previous = CompactSpec(whole.previous) if whole.previous else None
    return replace(whole, spec=CompactSpec(whole.spec), previous=previous)


class SpecNotReadError(RuntimeError):
    """A specification is asked for that was not read: a mistake of the program's."""


class _SpecNotRead(Mapping[str, Any]):
    """Stands where a service was listed without its specification; nothing can be made of it."""

    def __getitem__(self, key: str) -> Any:
        raise SpecNotReadError(key)

    def __iter__(self) -> Iterator[str]:
        raise SpecNotReadError

    def __len__(self) -> int:
        raise SpecNotReadError


_SPEC_NOT_READ = _SpecNotRead()


def service_without_spec(raw: Raw) -> Service:
    """A service of which the list has no whole specification."""
    return replace(service(raw), spec=_SPEC_NOT_READ)


def restart(spec: Raw) -> RestartCondition:
    """When the tasks are started again; always, where it says nothing, or what no bot knows."""
    policy = (spec.get("TaskTemplate") or {}).get("RestartPolicy") or {}
    return _RESTARTS.get(policy.get("Condition") or "", RestartCondition.ANY)


def mode(spec: Raw) -> Mode:
    """How the specification places tasks; replicated where it says nothing."""
    return next(
        (_SERVICE_MODES[name] for name in spec.get("Mode") or {} if name in _SERVICE_MODES),
        Mode.REPLICATED,
    )


def replicas(spec: Raw) -> int | None:
    """The desired replicas, or completions of a job (1 where unset); None for global modes."""
    modes = spec.get("Mode") or {}
    match mode(spec):
        case Mode.REPLICATED:
            return int((modes.get("Replicated") or {}).get("Replicas", 1))
        case Mode.REPLICATED_JOB:
            return int((modes.get("ReplicatedJob") or {}).get("TotalCompletions") or 1)
        case _:
            return None


def task(raw: Raw, *, up_to_date: bool = True) -> Task:
    """A task. The engine does not say whether it is up to date: who asked with its filter knows."""
    status = raw.get("Status") or {}
    container = status.get("ContainerStatus") or {}
    state = task_state(status.get("State"))
    return Task(
        id=raw["ID"],
        service_id=raw.get("ServiceID", ""),
        slot=raw.get("Slot") or 0,
        node_id=raw.get("NodeID", ""),
        state=state,
        desired=task_state(raw.get("DesiredState")),
        image=image(_container({"TaskTemplate": raw.get("Spec") or {}}).get("Image", "")),
        message=said_in(status, "Message"),
        error=said_in(status, "Err"),
        # The engine says 0 as well for a container that still runs or never was.
        exit_code=container.get("ExitCode", 0)
        if state.terminal and container.get("ContainerID")
        else None,
        container_id=container.get("ContainerID", ""),
        at=time(status.get("Timestamp")),
        created=time(raw.get("CreatedAt")),
        up_to_date=up_to_date,
        job_iteration=_iteration(raw),
    )


def task_state(text: str | None) -> TaskState:
    """A state of a task as the engine writes it."""
    return _TASK_STATES.get(text or "", TaskState.UNKNOWN)


_ENDED_WELL = (TaskState.SHUTDOWN, TaskState.COMPLETE, TaskState.REMOVE)


def is_past(raw: Raw, since: datetime) -> bool:
    """Whether a task was stopped in good order before `since`, or never ran."""
    status = raw.get("Status") or {}
    wanted = raw.get("DesiredState") not in (TaskState.SHUTDOWN, TaskState.REMOVE)
    if wanted or status.get("State") not in _ENDED_WELL:
        return False
    at = time(status.get("Timestamp"))
    return at is not None and at < since


@kept
def reserved(spec: Raw) -> Resources:
    """What one task of a service reserves."""
    reservations = ((spec.get("TaskTemplate") or {}).get("Resources") or {}).get(
        "Reservations"
    ) or {}
    return Resources(
        reservations.get("MemoryBytes") or 0,
        reservations.get("NanoCPUs") or 0,
        generic_resources(reservations),
    )


def network(raw: Raw) -> Network:
    """A network."""
    pools = (raw.get("IPAM") or {}).get("Config") or ()
    return Network(
        id=raw["Id"],
        name=raw.get("Name", ""),
        driver=raw.get("Driver", ""),
        scope=raw.get("Scope", ""),
        attachable=bool(raw.get("Attachable")),
        ingress=bool(raw.get("Ingress")),
        internal=bool(raw.get("Internal")),
        encrypted="encrypted" in (raw.get("Options") or {}),
        subnets=tuple(pool["Subnet"] for pool in pools if pool.get("Subnet")),
        labels=labels_of(raw),
        created=time(raw.get("Created")),
        ipv6=bool(raw.get("EnableIPv6")),
        gateways=tuple(pool["Gateway"] for pool in pools if pool.get("Gateway")),
        options=labels_of(raw, "Options"),
    )


def stored(kind: str, raw: Raw) -> Stored:
    """A secret or a config, without its content."""
    spec = raw.get("Spec") or {}
    created, updated = time(raw.get("CreatedAt")), time(raw.get("UpdatedAt"))
    return Stored(kind, raw["ID"], spec.get("Name", ""), labels_of(spec), created, updated)


def _container(spec: Raw) -> Raw:
    return (spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}


def _iteration(raw: Raw | None) -> int | None:
    iteration = (raw or {}).get("JobIteration")
    return None if iteration is None else int(iteration.get("Index", 0))


def _ports(raw: Raw) -> tuple[Port, ...]:
    ports = (
        (raw.get("Endpoint") or {}).get("Ports")
        or (raw["Spec"].get("EndpointSpec") or {}).get("Ports")
        or ()
    )
    return tuple(
        Port(
            target=port.get("TargetPort", 0),
            published=port.get("PublishedPort", 0),
            protocol=port.get("Protocol", "tcp"),
            mode=port.get("PublishMode", "ingress"),
        )
        for port in ports
    )


def _update_status(raw: Raw | None) -> UpdateStatus | None:
    if not raw or not raw.get("State"):
        return None
    return UpdateStatus(
        raw["State"],
        said_in(raw, "Message"),
        time(raw.get("StartedAt")),
        time(raw.get("CompletedAt")),
    )
