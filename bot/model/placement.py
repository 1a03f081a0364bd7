"""Where tasks find a place on the nodes, and what keeps them from one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.model.images import Platform
from bot.model.swarm import Resources, Service

HostPort = tuple[int, str]
"""A port that is published on the node itself, and its protocol."""


class ShortageKind(StrEnum):
    """What keeps more tasks of a service from a place: no node is open to it, none of those has a
    platform of its image, every node runs as many as one may, its host port is taken, or nowhere
    is left what a task reserves."""

    NO_NODE = "no-node"
    PLATFORM = "platform"
    MOST_PER_NODE = "most-per-node"
    HOST_PORT = "host-port"
    RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Shortage:
    """What keeps more tasks of a service from a place, with what each of them asks of a node: the
    platforms of its image, its host ports, the most tasks on one node, what it reserves."""

    kind: ShortageKind
    platforms: tuple[Platform, ...] = ()
    host_ports: frozenset[HostPort] = frozenset()
    most_per_node: int = 0
    resources: Resources = field(default_factory=Resources)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where tasks would go: the nodes by name with the number of tasks, in the order in which they
    get their first. `short` of them find no place, because of `shortage`."""

    nodes: tuple[tuple[str, int], ...] = ()
    short: int = 0
    shortage: Shortage | None = None

    @property
    def placed(self) -> int:
        """How many find a place."""
        return sum(count for _, count in self.nodes)


@dataclass(frozen=True, slots=True)
class Move:
    """The tasks of one service that leave (ids). `bound`: they belong to their nodes (global), and
    are not replaced elsewhere.

    `placement` says where the others find room; what is bound has none.
    """

    service: Service
    tasks: tuple[str, ...]
    placement: Placement = field(default_factory=Placement)

    @property
    def placed(self) -> int:
        """Tasks that find room on other nodes."""
        return self.placement.placed

    @property
    def shortage(self) -> ShortageKind | None:
        """What keeps the rest of them from a place."""
        return self.placement.shortage.kind if self.placement.shortage else None

    @property
    def able(self) -> bool:
        """Whether any other node may run the service at all."""
        return self.shortage not in (ShortageKind.NO_NODE, ShortageKind.PLATFORM)

    @property
    def bound(self) -> bool:
        """Whether they end instead of moving."""
        return self.service.mode.is_global

    @property
    def waiting(self) -> int:
        """Tasks for which there is no room."""
        return 0 if self.bound else len(self.tasks) - self.placed
