"""Nodes, services and tasks as the managers see them, and the health of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model.images import Image, Platform

Spec = Mapping[str, Any]
"""A specification as the Engine API's JSON has it: read, never changed in place."""


@dataclass(frozen=True, slots=True)
class ManagerStatus:
    """A manager's place in the Raft group; `reachability` is `reachable`, `unreachable` or
    `unknown`."""

    leader: bool
    reachability: str
    address: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the managers see it. `state` is `ready`, `down`, `unknown` or `disconnected`;
    memory in bytes."""

    id: str
    name: str
    role: str
    availability: str
    state: str
    address: str = ""
    message: str = ""
    manager: ManagerStatus | None = None
    engine: str = ""
    platform: Platform = field(default=Platform("", ""))
    labels: Mapping[str, str] = field(default_factory=dict)
    engine_labels: Mapping[str, str] = field(default_factory=dict)
    nano_cpus: int = 0
    memory: int = 0
    version: int = 0
    created: datetime | None = None
    updated: datetime | None = None


class Mode(StrEnum):
    """How a service places its tasks; the CLI's names."""

    REPLICATED = "replicated"
    GLOBAL = "global"
    REPLICATED_JOB = "replicated-job"
    GLOBAL_JOB = "global-job"


@dataclass(frozen=True, slots=True)
class Port:
    """A published port; `mode` is `ingress` or `host`, `published` 0 where Swarm has yet to
    choose."""

    target: int
    published: int
    protocol: str = "tcp"
    mode: str = "ingress"


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """The engine's own word on the last update: `updating`, `paused`, `completed`,
    `rollback_started`, …"""

    state: str
    message: str = ""
    started: datetime | None = None
    completed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `replicas` is the desired count (None for global modes); `running` and `desired`
    as the engine counts them."""

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


@dataclass(frozen=True, slots=True)
class Task:
    """A task. `slot` is 0 for global services; `up_to_date` says whether it runs the service's
    current specification."""

    id: str
    service_id: str
    slot: int
    node_id: str
    state: str
    desired: str
    image: Image
    message: str = ""
    error: str = ""
    exit_code: int | None = None
    container_id: str = ""
    at: datetime | None = None
    created: datetime | None = None
    up_to_date: bool = True
    job_iteration: int | None = None
