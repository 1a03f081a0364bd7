"""What was seen of the Swarm at one look, and what the watch remembers from one look to the next. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident import Incident, Note
from bot.model import Node, Rollout, Service, Task
from bot.swarm_model import Certificate, ClusterInfo, EngineState


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The world at `at`. None stands for what nobody could say: what is known of it stays as it was.

    `leaderless` is the managers' own word where they have no leader. `locks` are the targets (`service:ID`, `node:ID`, …) that
    the bot itself is changing now; `rollouts` the newest of each service that it did or does, by service id. `redis`, `slack`
    and `hanging` (names of jobs) say what is wrong with the bot itself.
    """

    at: datetime
    engines: tuple[EngineState, ...] | None = None
    nodes: tuple[Node, ...] | None = None
    services: tuple[Service, ...] | None = None
    tasks: tuple[Task, ...] | None = None
    cluster: ClusterInfo | None = None
    certificates: tuple[Certificate, ...] | None = None
    leaderless: str = ""
    locks: frozenset[str] = frozenset()
    rollouts: Mapping[str, Rollout] = field(default_factory=dict)
    redis: str = ""
    slack: str = ""
    hanging: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the watch knows from before: enough for another bot to go on with it.

    `incidents` by subject, with those resolved lately. `unready` says since when each node (id) is not `ready`. `engine_nodes`:
    id and host name of the node on which each configured engine (name) runs, known from when it answered. `leader` is the
    leading node's id. `specs` are fingerprints of the services' (id) specifications as last seen; `silent_until`: times until
    which nothing is said of a service (id), because the bot itself has just changed it.
    """

    incidents: Mapping[str, Incident] = field(default_factory=dict)
    unready: Mapping[str, datetime] = field(default_factory=dict)
    engine_nodes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    leader: str = ""
    specs: Mapping[str, str] = field(default_factory=dict)
    silent_until: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a look means: what to remember, the incidents that changed visibly, and what is to be said once."""

    memory: Memory
    changed: tuple[Incident, ...] = ()
    notes: tuple[Note, ...] = ()
