"""The state of a Swarm in memory, as its managers keep it: raw JSON with versions, and who is
there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from tests.memory.twin.clock import BEGIN
from tests.memory.twin.registry import Registry

Json = dict[str, Any]

ENDED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")
GIGABYTE = 1 << 30


class RefusedError(Exception):
    """An answer of 400 and above."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class Life:
    """What Swarm knows of a task besides what it shows.

    Its next state is due at `due`, it is in this one since `since`; one that waits for its
    predecessor's restart delay `wakes` then; one that ended for good is `kept` in its slot.
    """

    due: float
    since: float = 0.0
    wakes: float = 0.0
    kept: bool = False


@dataclass
class Cluster:
    """Everything that a Swarm keeps. Nothing here moves by itself."""

    clock: Callable[[], float]
    registry: Registry = field(default_factory=Registry)
    services: dict[str, Json] = field(default_factory=dict)
    tasks: dict[str, Json] = field(default_factory=dict)
    nodes: dict[str, Json] = field(default_factory=dict)
    networks: dict[str, Json] = field(default_factory=dict)
    stored: dict[str, dict[str, Json]] = field(default_factory=lambda: {"secret": {}, "config": {}})
    swarm: Json = field(default_factory=dict)
    unlock_key: str = "SWMKEY-1-geheim"
    lives: dict[str, Life] = field(default_factory=dict)
    between: dict[str, set[object]] = field(default_factory=dict)
    """By service: slots and nodes whose task the updater is just replacing."""
    seconds: float = 0.0
    moves_versions: int = 0
    """How many updates of services meet a version that somebody else has just moved."""
    left: set[str] = field(default_factory=set)
    """Ids of nodes whose engines have left the Swarm."""
    locked: set[str] = field(default_factory=set)
    """Ids of managers whose engines wait for the unlock key."""
    keeps_logins: bool = False
    """Whether credentials may be stored with a service, which no answer may show."""
    pulled: set[tuple[str, str]] = field(default_factory=set)
    """Which node has which image; credentials are needed where it has not."""
    stirred: bool = False
    """Whether something was changed from outside that the Swarm has not looked at yet."""
    index: int = 10
    _numbers: Any = field(default_factory=lambda: count(1))

    def new_id(self, kind: str) -> str:
        """An id of 25 letters and digits; ids of one kind differ from the first letters on."""
        return f"{next(self._numbers):04x}{kind}".ljust(25, "0")[:25]

    def time(self, seconds: float | None = None) -> str:
        """A time as engines write it."""
        at = BEGIN + timedelta(seconds=self.seconds if seconds is None else seconds)
        return at.isoformat().replace("+00:00", "Z")

    def touch(self, thing: Json) -> None:
        """Give a changed object its next version."""
        self.index += 1
        thing["Version"] = {"Index": self.index}
        thing["UpdatedAt"] = self.time()

    def new(self, kind: str, **fields: Any) -> Json:
        """A new object with an id and a version."""
        thing: Json = {"ID": self.new_id(kind), "CreatedAt": self.time(), **fields}
        self.touch(thing)
        return thing

    # ---- what stories set up

    def upgrade(self, name: str, version: str) -> None:
        """Have a machine run another Docker, such as 28.5.2."""
        self.node(name)["Description"]["Engine"]["EngineVersion"] = version

    def add_node(
        self, name: str, role: str = "worker", *, leader: bool = False, cpu: str = "x86_64"
    ) -> Json:
        """A machine that is ready."""
        number = len(self.nodes) + 1
        node = self.new(
            "node",
            Spec={"Labels": {}, "Role": role, "Availability": "active"},
            Description={
                "Hostname": name,
                "Platform": {"Architecture": cpu, "OS": "linux"},
                "Resources": {"NanoCPUs": 4_000_000_000, "MemoryBytes": 8 * GIGABYTE},
                "Engine": {"EngineVersion": "20.10.24"},
                "TLSInfo": {},
            },
            Status={"State": "ready", "Addr": f"127.0.0.{number}"},
        )
        if role == "manager":
            node["ManagerStatus"] = {
                **({"Leader": True} if leader else {}),
                "Reachability": "reachable",
                "Addr": f"127.0.0.{number}:2377",
            }
        self.nodes[node["ID"]] = node
        return node

    def node(self, name: str) -> Json:
        """The machine of this name, as it joined last; what follows a hyphen in its host name is
        none of it."""
        nodes = reversed(self.nodes.values())
        return next(n for n in nodes if n["Description"]["Hostname"].partition("-")[0] == name)

    def service(self, name: str) -> Json:
        """The service of this name, for looks and for changes behind the bot's back."""
        return next(s for s in self.services.values() if s["Spec"]["Name"] == name)

    def tasks_of(self, service: Json) -> list[Json]:
        """All tasks of a service, the oldest first."""
        return [task for task in self.tasks.values() if task["ServiceID"] == service["ID"]]

    def healthy_managers(self) -> list[Json]:
        """Managers that take part in votes."""
        return [
            node
            for node in self.nodes.values()
            if (node.get("ManagerStatus") or {}).get("Reachability") == "reachable"
            and node["ID"] not in self.left
        ]

    @property
    def has_leader(self) -> bool:
        """Whether more than half of the managers are there."""
        managers = [node for node in self.nodes.values() if node.get("ManagerStatus")]
        return 2 * len(self.healthy_managers()) > len(managers)


def copied(thing: Any) -> Any:
    """A copy that shares nothing, as what went over the wire."""
    return json.loads(json.dumps(thing))


def seconds_of(nanoseconds: int | None, default: float) -> float:
    """A duration of the engine in seconds."""
    return default if nanoseconds is None else nanoseconds / 1e9


def mode_of(spec: Json) -> str:
    """The name of the service's mode, as the engine writes it."""
    return str(next(iter(spec.get("Mode") or {"Replicated": {}})))


def count_of(spec: Json) -> int:
    """How many tasks a replicated service or job is to have."""
    mode = (spec.get("Mode") or {}).get(mode_of(spec)) or {}
    return int(mode.get("Replicas", mode.get("TotalCompletions", 1)))
