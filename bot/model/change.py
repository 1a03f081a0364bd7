"""A change from its plan to its end, and the rollout that it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.images import Image
from bot.model.people import Actor, Message


class Kind(StrEnum):
    """What a command does to the Swarm."""

    READ = "read"
    CHANGE = "change"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that a plan changes, in the words of the Docker CLI; empty `before` means that it
    was not set."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change would do, read from the Swarm and written for people.

    `targets` are the keys to lock (`service:ID`); `services` and `nodes` the names that rules speak
    of; `fingerprint` stands for what it was planned against: a plan whose fingerprint moved is
    another plan. `noop_reason` says why there is nothing to do, where that is so. `ruled_by` names
    the command whose rules count, where it is not the one that was typed. `needs_approval` is False
    where no rule makes it wait for others, because it changes nothing of the Swarm. Families derive
    their own.
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
    noop_reason: str = ""
    ruled_by: str = ""
    needs_approval: bool = True


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
    """Who holds a target, why, since when. `fence` grows with every holder and makes late writers
    visible."""

    target: str
    owner: str
    actor: str
    reason: str
    since: datetime
    fence: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause in words with its fix, from the tasks that do not run. `log` holds the last lines of
    the failed task."""

    cause: str
    fix: str = ""
    node: str = ""
    task_id: str = ""
    exit_code: int | None = None
    tasks: int = 1
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed; `state` is `failed` or `rejected`."""

    task_id: str
    node: str
    state: str
    image: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a service: a slot of a replicated one, a node of a global one. `key` is its
    number or node name.

    `failed` is the newest task that failed there, whenever that was.
    """

    key: str
    node: str
    state: str
    image: str
    done: bool
    error: str = ""
    failed: Failure | None = None


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
    """One look at a rollout: `done` of `total` places are where they should be. `message` is the
    engine's own word."""

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

    `verb` names the command (`deploy`, `rollback`, `scale`, …); `line` is what to send to do it
    again; `spec_hash` stands for the specification that was posted, `before_hash` for the one
    before it; `version` for the one it was planned against; `deadline` and `started` are UTC.
    `rolls_back`: the bot rolls back when Swarm pauses; `rollback_by`: who asked for it.
    `with_auth`: the nodes get the bot's registry credentials; `to_previous`: Swarm itself goes
    back.
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
    """One place of a service reached another state during a rollout, as the bot saw it; `at` is
    UTC."""

    at: datetime
    key: str
    node: str
    state: str
    image: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """An image that a service ran, numbered from 1. `by` is empty where the bot only found it;
    `note` says how it came."""

    number: int
    image: Image
    at: datetime
    by: str = ""
    note: str = ""
    ending: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a change ended, for the message, the audit and the metrics alike. `seconds` is its
    duration.

    `private` goes to who asked alone, and where it is set nothing is posted in the channel.
    `private_note` goes to who asked alone as well, besides what is posted: a key, for one.
    `message` is what is posted, where the command words it itself.
    """

    ending: Ending
    title: str
    seconds: float
    lines: tuple[str, ...] = ()
    rollout: Rollout | None = None
    progress: Progress | None = None
    steps: tuple[Step, ...] = ()
    private: Message | None = None
    private_note: Message | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A service that runs fewer tasks than it should."""

    service: str
    running: int
    desired: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The health of the Swarm at one look.

    `fault_tolerance` is how many more managers may fail; `nodes` counts by state (`ready`, `down`,
    …) and `nodes_away` names those that are not ready; `rollouts` names the services that roll;
    `holds` and `approvals` count what is held and what waits; `critical` and `warnings` count open
    alerts; `engines_away` pairs an engine's name with why it does not answer; `redis` says why
    Redis does not, and is empty where it does; `certificate_left` is what the first certificate
    that ends has left, negative where it has ended, None while nobody knows; that it becomes less
    by the clock makes no other status.
    """

    swarm: str
    managers: int
    fault_tolerance: int
    quorum: bool
    nodes: Mapping[str, int]
    services: int
    nodes_away: tuple[str, ...] = ()
    below: tuple[Shortfall, ...] = ()
    rollouts: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    holds: int = 0
    approvals: int = 0
    critical: int = 0
    warnings: int = 0
    engines_away: tuple[tuple[str, str], ...] = ()
    redis: str = ""
    certificate_left: timedelta | None = field(default=None, compare=False)
