"""What may keep a service from its count of tasks, or its next update from ending."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model.images import Platform


@dataclass(frozen=True, slots=True)
class NoNodeOpen:
    """No node is Ready and Active and fulfils the constraints."""


@dataclass(frozen=True, slots=True)
class NoNodeOfPlatform:
    """No node that fulfils the constraints has one of the platforms of the image."""

    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class HostPortShort:
    """Each of so many tasks needs the host port of a node, and only so many nodes may run them."""

    tasks: int
    nodes: int


@dataclass(frozen=True, slots=True)
class HostPortStartFirst:
    """Every node that may run a task holds the host port, and new tasks start before old ones
    stop."""


@dataclass(frozen=True, slots=True)
class StartFirstShort:
    """The nodes have room for the `replicas` that run and for none beside them, and new tasks start
    before old ones stop."""

    replicas: int


@dataclass(frozen=True, slots=True)
class MostPerNodeShort:
    """With at most so many tasks a node there is room for `allowed` of `replicas`."""

    most_per_node: int
    allowed: int
    replicas: int


class Reserved(StrEnum):
    """What a task reserves: bytes of memory, billionths of a CPU, or a generic resource."""

    MEMORY = "memory"
    CPU = "cpu"
    GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class ReservationTooLarge:
    """A task reserves more than the largest node has; `name` is the kind of a generic resource."""

    resource: Reserved
    needed: int
    largest: int
    name: str = ""


Obstacle = (
    NoNodeOpen
    | NoNodeOfPlatform
    | HostPortShort
    | HostPortStartFirst
    | StartFirstShort
    | MostPerNodeShort
    | ReservationTooLarge
)
