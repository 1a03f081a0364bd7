"""Nodes, services and tasks as the managers see them, and the health of the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.model.completion import Completion, RestartCondition
from bot.model.images import Image, Platform

Spec = Mapping[str, Any]
"""A specification as the Engine API's JSON has it: read, never changed in place."""
_HEARTBEATS = timedelta(minutes=1)
"""Longer than it takes until a node that is gone is Down."""
_ROLLBACK_BY_HAND = "manually requested rollback"
"""The engine has no other word for it than how its message begins."""


class TaskState(StrEnum):
    """How far a task has come, in Swarm's order; UNKNOWN stands for a word that this bot does not
    know."""

    UNKNOWN = "unknown"
    NEW = "new"
    ALLOCATED = "allocated"
    PENDING = "pending"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    READY = "ready"
    STARTING = "starting"
    RUNNING = "running"
    COMPLETE = "complete"
    SHUTDOWN = "shutdown"
    FAILED = "failed"
    REJECTED = "rejected"
    REMOVE = "remove"
    ORPHANED = "orphaned"

    @property
    def rank(self) -> int:
        """The place in Swarm's order: a task only ever goes on to a higher one."""
        return _RANKS[self]

    @property
    def terminal(self) -> bool:
        """Whether the task has ended, well or badly: it never changes any more."""
        return _RANKS[self] > _RANKS[TaskState.RUNNING]

    @property
    def failed(self) -> bool:
        """Whether the task ended by itself and badly: its program failed, or its node refused
        it."""
        return self in (TaskState.FAILED, TaskState.REJECTED)

    @property
    def lost(self) -> bool:
        """Whether the task failed, or went down with a node that Swarm gave up."""
        return self.failed or self == TaskState.ORPHANED


_RANKS = {state: rank for rank, state in enumerate(TaskState)}


class NodeState(StrEnum):
    """What the managers hear of a node; UNKNOWN also right after an election, and for a word that
    this bot does not know."""

    UNKNOWN = "unknown"
    DOWN = "down"
    READY = "ready"
    DISCONNECTED = "disconnected"

    @property
    def away(self) -> bool:
        """Whether the managers hear nothing of it any more."""
        return self in (NodeState.DOWN, NodeState.DISCONNECTED)


class Availability(StrEnum):
    """Whether a node takes tasks: paused it keeps those that it has, drained it gives them away."""

    UNKNOWN = "unknown"
    ACTIVE = "active"
    PAUSE = "pause"
    DRAIN = "drain"


class NodeRole(StrEnum):
    """What a node is meant to be; whether it is one already, its manager status says."""

    UNKNOWN = "unknown"
    WORKER = "worker"
    MANAGER = "manager"


class Reachability(StrEnum):
    """Whether the Raft group reaches a manager."""

    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"


@dataclass(frozen=True, slots=True)
class Resources:
    """What a task reserves, or a node has: memory in bytes, billionths of a CPU, and generic
    resources (a GPU for one) by kind."""

    memory: int = 0
    nano_cpus: int = 0
    generic: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.memory or self.nano_cpus or self.generic)


@dataclass(frozen=True, slots=True)
class ManagerStatus:
    """A manager's place in the Raft group."""

    leader: bool
    reachability: Reachability
    address: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the managers see it; memory in bytes, `generic` resources by kind."""

    id: str
    name: str
    role: NodeRole
    availability: Availability
    state: NodeState
    address: str = ""
    message: str = ""
    manager: ManagerStatus | None = None
    engine: str = ""
    platform: Platform = field(default=Platform("", ""))
    labels: Mapping[str, str] = field(default_factory=dict)
    engine_labels: Mapping[str, str] = field(default_factory=dict)
    nano_cpus: int = 0
    memory: int = 0
    generic: Mapping[str, int] = field(default_factory=dict)
    version: int = 0
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def resources(self) -> Resources:
        """All that it has, whatever is reserved of it."""
        return Resources(self.memory, self.nano_cpus, self.generic)

    @property
    def takes_tasks(self) -> bool:
        """Whether Swarm places new tasks there: it is Ready, and neither paused nor drained."""
        return self.state == NodeState.READY and self.availability == Availability.ACTIVE


def left_over(nodes: Iterable[Node]) -> frozenset[str]:
    """The entries (ids) of machines that joined anew: Down, while a newer node of the same host
    name is Ready, which has the address of the old one, or came when that was gone."""
    known = tuple(nodes)
    ready: defaultdict[str, list[Node]] = defaultdict(list)
    for node in known:
        if node.state is NodeState.READY:
            ready[node.name].append(node)
    return frozenset(
        node.id
        for node in known
        if node.state is NodeState.DOWN
        and any(_took_over(node, newer) for newer in ready[node.name])
    )


def _took_over(old: Node, new: Node) -> bool:
    if not (old.created and new.created and old.updated):
        return True
    same = bool(old.address) and old.address == new.address
    return new.created > old.created and (same or new.created >= old.updated - _HEARTBEATS)


class Mode(StrEnum):
    """How a service places its tasks; the CLI's names."""

    REPLICATED = "replicated"
    GLOBAL = "global"
    REPLICATED_JOB = "replicated-job"
    GLOBAL_JOB = "global-job"

    @property
    def is_job(self) -> bool:
        """Whether its tasks are to end."""
        return self in (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB)

    @property
    def is_global(self) -> bool:
        """Whether every node that may run it gets one task, which does not move."""
        return self in (Mode.GLOBAL, Mode.GLOBAL_JOB)


@dataclass(frozen=True, slots=True)
class Port:
    """A published port; `mode` is `ingress` or `host`, `published` 0 where Swarm has yet to
    choose."""

    target: int
    published: int
    protocol: str = "tcp"
    mode: str = "ingress"


def networks_of(spec: Spec) -> tuple[Mapping[str, Any], ...]:
    """What a service is attached to, by its specification.

    Clients of old, and docker-py still, put networks at the top of it; swarmkit reads them there
    where the task has none.
    """
    task = spec.get("TaskTemplate") or {}
    return tuple(task.get("Networks") or spec.get("Networks") or ())


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """The engine's own word on the last update: `updating`, `paused`, `completed`,
    `rollback_started`, …"""

    state: str
    message: str = ""
    started: datetime | None = None
    completed: datetime | None = None

    @property
    def by_hand(self) -> bool:
        """Whether somebody asked for the rollback, rather than that the update failed."""
        return self.message.startswith(_ROLLBACK_BY_HAND)


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `replicas` is the desired count (None for global modes); `running` and `desired`
    as the engine counts them. `completion`: of a service that does one piece of work, where fewer
    tasks run than should."""

    id: str
    name: str
    version: int
    mode: Mode
    image: Image
    spec: Spec
    replicas: int | None = None
    running: int | None = None
    desired: int | None = None
    stack: str = ""
    ports: tuple[Port, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    update: UpdateStatus | None = None
    previous: Spec | None = None
    job_iteration: int | None = None
    created: datetime | None = None
    updated: datetime | None = None
    restart: RestartCondition = RestartCondition.ANY
    completion: Completion | None = None

    @property
    def one_shot(self) -> bool:
        """Whether its tasks may end with their work done: Swarm does not start again what ended
        well, and nobody from outside is served by it."""
        return not (self.mode.is_job or self.ports or self.restart is RestartCondition.ANY)

    @property
    def below(self) -> bool:
        """Whether fewer tasks run than should, without those whose work is done; a job's tasks end,
        so it never counts as below."""
        if self.mode.is_job or self.desired is None:
            return False
        if self.completion is None:
            return (self.running or 0) < self.desired
        # Swarm does not count the ended tasks of a global service among those that should run.
        failed = bool(self.completion.failed) and self.replicas != 0
        return failed or (self.running or 0) + len(self.completion.done) < self.desired


@dataclass(frozen=True, slots=True)
class Task:
    """A task. `slot` is 0 for global services; `up_to_date` says whether it runs the service's
    current specification."""

    id: str
    service_id: str
    slot: int
    node_id: str
    state: TaskState
    desired: TaskState
    image: Image
    message: str = ""
    error: str = ""
    exit_code: int | None = None
    container_id: str = ""
    at: datetime | None = None
    created: datetime | None = None
    up_to_date: bool = True
    job_iteration: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether Swarm means it to run, to be about to, or to have done its work; what it stops or
        replaces is not."""
        return self.desired in (TaskState.READY, TaskState.RUNNING, TaskState.COMPLETE)

    @property
    def runs(self) -> bool:
        """Whether it runs, and is meant to."""
        return self.state == self.desired == TaskState.RUNNING

    @property
    def active(self) -> bool:
        """Whether it is meant to run and has not ended: then it takes room on its node."""
        return self.desired == TaskState.RUNNING and not self.state.terminal
