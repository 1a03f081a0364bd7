"""What was seen of the Swarm at one look, and what it means. Values only; what is remembered:
`bot.model.incident`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import Node, Rollout, Service, Task
from bot.model.cluster import Certificate, ClusterInfo, EngineState
from bot.model.incident import Incident, Memory, Note
from bot.swarm.scheduler.layout import NO_LAYOUT, TaskLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The world at `at`. None stands for what nobody could say: what is known of it stays as it
    was.

    `leaderless` is the managers' own word where they have no leader. `locks` are the targets
    (`service:ID`, `node:ID`, …) that the bot itself is changing now; `rollouts` the newest of each
    service that it did or does, by service id. `redis`, `slack` and `hanging` (names of jobs) say
    what is wrong with the bot itself; `registries` cannot be asked for new images: since when, and
    why. `answering_hosts` are the nodes (ids) that are Down, but whose hosts still answer.
    `tasks_took`: seconds that it took to read the tasks. `nodes_at`: when the nodes were read last,
    or nobody could say them; None stands for just now.
    """

    at: datetime
    engines: tuple[EngineState, ...] | None = None
    nodes: tuple[Node, ...] | None = None
    nodes_at: datetime | None = None
    services: tuple[Service, ...] | None = None
    tasks: tuple[Task, ...] | None = None
    tasks_took: float = 0.0
    cluster: ClusterInfo | None = None
    certificates: tuple[Certificate, ...] | None = None
    leaderless: str = ""
    locks: frozenset[str] = frozenset()
    rollouts: Mapping[str, Rollout] = field(default_factory=dict)
    redis: str = ""
    slack: str = ""
    hanging: tuple[str, ...] = ()
    registries: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    answering_hosts: frozenset[str] = frozenset()

    def layout(self, kept: TaskLayout = NO_LAYOUT) -> TaskLayout:
        """Where all tasks lie: `kept`, where that is the layout of the very same lists."""
        return kept.renewed(self.nodes or (), self.services or (), self.tasks or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a look means: what to remember, the incidents that changed visibly, and what is to be
    said once."""

    memory: Memory
    changed: tuple[Incident, ...] = ()
    notes: tuple[Note, ...] = ()
