"""Frozen values that pass between the rooms; no vendor's object, no behaviour beyond reading themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Spec = Mapping[str, Any]
"""A specification as the Engine API's JSON has it: read, never changed in place."""


# ---- people and requests


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: Slack's user id, a name to show, and the ids of the user groups that the roles name.

    An `outsider` is a guest, a bot, or from another workspace: they have no role, whatever the configuration says.
    """

    id: str
    name: str
    groups: frozenset[str] = frozenset()
    outsider: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes. `thread` is the `ts` of the thread's first message; `response_url` works 30 min, 5 times."""

    channel: str
    thread: str = ""
    response_url: str = ""
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A posted message: Slack's channel id and `ts`."""

    channel: str
    ts: str


# ---- images


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """`os/architecture` in Go's names, as manifests and nodes give them."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True, slots=True)
class Image:
    """An image reference: `name` with its registry, `tag` and `digest` (`sha256:…`), each empty where it is not given."""

    name: str
    tag: str = ""
    digest: str = ""

    _FORM = re.compile(
        r"(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
        r"(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*)"
        r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
    )

    @classmethod
    def parse(cls, text: str) -> Image:
        """Read a reference as Docker's grammar has it; `ValueError` where it is none."""
        found = cls._FORM.fullmatch(text)
        if not found:
            raise ValueError(text)
        return cls(found["name"], found["tag"] or "", found["digest"] or "")

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def tagged(self) -> str:
        """Name and tag without the digest: what people call the image."""
        return self.name + (f":{self.tag}" if self.tag else "")

    @property
    def registry(self) -> str:
        """The host that the name begins with, or nothing where it is Docker Hub's."""
        first, slash, _ = self.name.partition("/")
        return first if slash and (first == "localhost" or "." in first or ":" in first) else ""

    @property
    def short_digest(self) -> str:
        """The first seven characters of the digest, or nothing."""
        return self.digest.removeprefix("sha256:")[:7]


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    """What the registry says of an image: pinned to its digest, with the platforms it is built for."""

    image: Image
    platforms: tuple[Platform, ...] = ()


# ---- nodes, services, tasks


@dataclass(frozen=True, slots=True)
class ManagerStatus:
    """A manager's place in the Raft group; `reachability` is `reachable`, `unreachable` or `unknown`."""

    leader: bool
    reachability: str
    address: str


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the managers see it. `state` is `ready`, `down`, `unknown` or `disconnected`; memory in bytes."""

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
    """A published port; `mode` is `ingress` or `host`, `published` 0 where Swarm has yet to choose."""

    target: int
    published: int
    protocol: str = "tcp"
    mode: str = "ingress"


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """The engine's own word on the last update: `updating`, `paused`, `completed`, `rollback_started`, …"""

    state: str
    message: str = ""
    started: datetime | None = None
    completed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `replicas` is the desired count (None for global modes); `running` and `desired` as the engine counts them."""

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
    """A task. `slot` is 0 for global services; `up_to_date` says whether it runs the service's current specification."""

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


# ---- changes


class Kind(StrEnum):
    """What a command does to the Swarm."""

    READ = "read"
    CHANGE = "change"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that a plan changes, in the words of the Docker CLI; empty `before` means that it was not set."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change would do, read from the Swarm and written for people.

    `targets` are the keys to lock (`service:ID`); `services` and `nodes` the names that rules speak of; `fingerprint`
    stands for what it was planned against: a plan whose fingerprint moved is another plan. `nothing` says why there is
    nothing to do, where that is so. Families derive their own.
    """

    title: str
    targets: tuple[str, ...]
    fingerprint: str
    kind: Kind = Kind.CHANGE
    services: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    replicas: int | None = None
    changes: tuple[Difference, ...] = ()
    summary: str = ""
    warnings: tuple[str, ...] = ()
    nothing: str = ""


class Ending(StrEnum):
    """How a change ended."""

    DONE = "done"
    ROLLED_BACK = "rolled back"
    PAUSED = "paused"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds a target, why, since when. `fence` grows with every holder and makes late writers visible."""

    target: str
    owner: str
    actor: str
    reason: str
    since: datetime
    fence: int


# ---- rollouts


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause in words with its fix, from the tasks that do not run. `log` holds the last lines of the failed task."""

    cause: str
    fix: str = ""
    node: str = ""
    task_id: str = ""
    exit_code: int | None = None
    tasks: int = 1
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a service: a slot of a replicated one, a node of a global one. `key` is its number or node name."""

    key: str
    node: str
    state: str
    image: str
    done: bool
    error: str = ""


class Phase(StrEnum):
    """Where a rollout stands."""

    ROLLING = "rolling"
    COMPLETED = "completed"
    PAUSED = "paused"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    ROLLBACK_PAUSED = "rollback paused"
    SUPERSEDED = "superseded"
    TIMED_OUT = "timed out"
    REMOVED = "removed"

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self not in (Phase.ROLLING, Phase.ROLLING_BACK)


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a rollout: `done` of `total` places are where they should be. `message` is the engine's own word."""

    phase: Phase
    done: int
    total: int
    slots: tuple[Slot, ...] = ()
    message: str = ""
    tried: int = 0
    waiting_for: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """An update of one service that the bot follows; everything needed to go on after a restart.

    `verb` names the command (`deploy`, `rollback`, `scale`, …); `line` is what to send to do it again; `spec_hash` stands for the
    specification that was posted, `before_hash` for the one before it; `version` for the one it was planned against;
    `deadline` and `started` are UTC. `rolls_back`: the bot rolls back when Swarm pauses; `rollback_by`: who asked for it.
    `with_auth`: the nodes get the bot's registry credentials; `to_previous`: Swarm itself goes back.
    """

    id: str
    verb: str
    line: str
    service_id: str
    service: str
    actor: Actor
    before: Image
    after: Image
    version: int
    started: datetime
    deadline: datetime
    summary: str = ""
    warnings: tuple[str, ...] = ()
    changes: tuple[Difference, ...] = ()
    spec_hash: str = ""
    revision: int = 0
    channel: str = ""
    audit: str = ""
    reason: str = ""
    approved_by: tuple[str, ...] = ()
    rolls_back: bool = False
    rollback_by: str = ""
    before_hash: str = ""
    with_auth: bool = False
    to_previous: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a service reached another state during a rollout, as the bot saw it; `at` is UTC."""

    at: datetime
    key: str
    node: str
    state: str
    image: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """An image that a service ran, numbered from 1. `by` is empty where the bot only found it; `note` says how it came or ended."""

    number: int
    image: Image
    at: datetime
    by: str = ""
    note: str = ""
    ending: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a change ended, for the message, the audit and the metrics alike. `seconds` is its duration.

    `private` goes to who asked alone, and where it is set nothing is posted in the channel. `aside` goes to who asked
    alone as well, besides what is posted: a key, for one. `message` is what is posted, where the command words it itself.
    """

    ending: Ending
    title: str
    seconds: float
    lines: tuple[str, ...] = ()
    rollout: Rollout | None = None
    progress: Progress | None = None
    steps: tuple[Step, ...] = ()
    private: Message | None = None
    aside: Message | None = None
    message: Message | None = None


# ---- the whole Swarm


@dataclass(frozen=True, slots=True)
class Below:
    """A service that runs fewer tasks than it should."""

    service: str
    running: int
    desired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The health of the Swarm at one look.

    `tolerated` is how many more managers may fail; `nodes` counts by state (`ready`, `down`, …) and `nodes_away` names those that
    are not ready; `rollouts` names the services that roll; `engines_away` pairs an engine's name with why it does not
    answer; `redis` says why Redis does not, and is empty where it does.
    """

    swarm: str
    managers: int
    tolerated: int
    quorum: bool
    nodes: Mapping[str, int]
    services: int
    nodes_away: tuple[str, ...] = ()
    below: tuple[Below, ...] = ()
    rollouts: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    engines_away: tuple[tuple[str, str], ...] = ()
    redis: str = ""


# ---- messages


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along with a message, because its content is too long for one."""

    name: str
    content: str | bytes
    title: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What people will see. `text` is the notification and what screen readers read, so it is never empty."""

    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()
    files: tuple[File, ...] = ()
