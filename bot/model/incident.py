"""Incidents: what is wrong with the Swarm, from when it is noticed until it is over. Values only;
`bot.watch` judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.model import Actor, Shortfall
from bot.model.alert_facts import Aftermath, AlertKind, ChangedOutside, NoteFacts, ProblemFacts

CHANGES_LABEL = "swarmbot.changed-outside"
"""The label of a service that says whether people are told of changes by others; `OFF`: never."""
OFF = "off"


class Severity(StrEnum):
    """How much it matters; also what the channels of the configuration are named after."""

    NOTE = "note"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The higher, the worse."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When a problem becomes an alert: after it has lasted for `after`, with this severity; never
    where not `watched`."""

    severity: Severity
    after: timedelta = timedelta()
    watched: bool = True


RULES = {
    AlertKind.NODE_DOWN: AlertRule(Severity.CRITICAL),
    AlertKind.MANAGER_LOCKED: AlertRule(Severity.CRITICAL),
    AlertKind.MANAGER_UNREACHABLE: AlertRule(Severity.WARNING, timedelta(seconds=20)),
    # A node that dies is Down after 12 to 15 s (measured); until then its engine's silence says
    # less.
    AlertKind.ENGINE_UNREACHABLE: AlertRule(Severity.WARNING, timedelta(seconds=20)),
    AlertKind.QUORUM_AT_RISK: AlertRule(Severity.WARNING, timedelta(seconds=20)),
    # An election takes some seconds, in which there is no leader either.
    AlertKind.QUORUM_LOST: AlertRule(Severity.CRITICAL, timedelta(seconds=15)),
    AlertKind.CERTIFICATE: AlertRule(Severity.WARNING),
    AlertKind.NODE_EXPIRING: AlertRule(Severity.WARNING),
    AlertKind.ROOT_ROTATION: AlertRule(Severity.WARNING, timedelta(minutes=10)),
    AlertKind.SERVICE_BELOW: AlertRule(Severity.WARNING, timedelta(seconds=60)),
    AlertKind.SERVICE_CRASHING: AlertRule(Severity.WARNING),
    AlertKind.ROLLOUT_PAUSED: AlertRule(Severity.WARNING),
    AlertKind.ROLLOUT_ROLLED_BACK: AlertRule(Severity.WARNING),
    AlertKind.PLACEMENT: AlertRule(Severity.NOTE, timedelta(minutes=2)),
    AlertKind.REDIS_AWAY: AlertRule(Severity.WARNING, timedelta(seconds=10)),
    AlertKind.SLACK_AWAY: AlertRule(Severity.WARNING, timedelta(seconds=10)),
    AlertKind.REGISTRY_AWAY: AlertRule(Severity.WARNING, timedelta(hours=1)),
    AlertKind.JOB_HANGS: AlertRule(Severity.WARNING),
    AlertKind.LEADER_MOVED: AlertRule(Severity.NOTE),
    AlertKind.CHANGED_OUTSIDE: AlertRule(Severity.NOTE),
}
"""What holds where the configuration says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong now, with one subject: `node:ID`, `service:ID`, `quorum`,
    `certificate:HOST`, `bot:redis`, ….

    All problems of one subject are one incident. `name` is the subject as people call it (`node4`,
    `web`). `facts` say what is wrong. `since`: when it was first noticed, or when it began, where
    the Swarm says so. `lost` are services that lose replicas by it. `engine` is the configured
    engine that is meant, where one is.
    """

    subject: str
    severity: Severity
    name: str
    since: datetime
    facts: ProblemFacts
    lost: tuple[Shortfall, ...] = ()
    engine: str = ""

    @property
    def kind(self) -> AlertKind:
        """What is wrong."""
        return self.facts.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentChange:
    """A rollout that began shortly before something went wrong, so long `before` it; `verb` names
    its command."""

    service: str
    verb: str
    by: str
    before: timedelta


class AlertState(StrEnum):
    """Where an incident stands. Pending: it may pass by itself, and nobody was told."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Everything wrong with one subject, as one message shows it.

    `problems`: the worst first; of a resolved incident, the worst that it had, which is `worst`
    while it fires. `opened` is when people were first to be told, and stands through reopening;
    `times` counts how often it fired. `changes`: what people changed shortly before. `aftermath`:
    what remains to be done now that it is over. `changed` is when anything of it changed last.
    `returning`: what is wrong too, or of a resolved one again, but not yet for so long that people
    are told. `leaving`: since when what is worst is over, while it is waited for the rest to pass.
    """

    id: str
    subject: str
    name: str
    state: AlertState
    problems: tuple[Problem, ...]
    since: datetime
    changed: datetime
    opened: datetime | None = None
    resolved: datetime | None = None
    times: int = 1
    acknowledged_by: Actor | None = None
    acknowledged: datetime | None = None
    changes: tuple[RecentChange, ...] = ()
    aftermath: Aftermath = Aftermath.NOTHING
    returning: tuple[Problem, ...] = ()
    worst: Problem | None = None
    leaving: datetime | None = None

    @property
    def severity(self) -> Severity:
        """That of its worst problem."""
        severities = (problem.severity for problem in self.problems)
        return max(severities, key=lambda severity: severity.rank, default=Severity.NOTE)

    @property
    def kind(self) -> AlertKind:
        """What is worst: the first problem's."""
        return self.problems[0].kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something worth saying once that nobody has to end: the leader moved, a service was changed
    by hand.

    Of a change: the service's id, and its stack; a note on several services of a stack has no
    service.
    """

    id: str
    name: str
    facts: NoteFacts
    at: datetime
    service_id: str = ""
    stack: str = ""

    @property
    def kind(self) -> AlertKind:
        """What happened."""
        return self.facts.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nobody is told of incidents whose name fits `pattern`, until it ends; without `until`: until
    they are resolved.

    Where the pattern is the subject of a single incident, `name` is what people call it.
    """

    pattern: str
    by: Actor
    since: datetime
    until: datetime | None = None
    name: str = ""

    @property
    def shown(self) -> str:
        """What people read of what it covers."""
        return self.name or self.pattern

    def covers(self, incident: Incident, now: datetime) -> bool:
        """Whether it keeps this incident quiet now."""
        over = self.until is not None and now >= self.until
        return not over and (
            fnmatchcase(incident.name, self.pattern) or incident.subject == self.pattern
        )

    def covers_note(self, note: Note, now: datetime) -> bool:
        """Whether it keeps this note quiet now: by its name, its service, or all its services."""
        over = self.until is not None and now >= self.until
        services = note.facts.services if isinstance(note.facts, ChangedOutside) else ()
        names = [changed.service for changed in services]
        covered = bool(names) and all(fnmatchcase(name, self.pattern) for name in names)
        by_id = bool(note.service_id) and self.pattern == f"service:{note.service_id}"
        return not over and (covered or by_id or fnmatchcase(note.name, self.pattern))


@dataclass(frozen=True, slots=True)
class OutsideNews:
    """When people were last told that a service was changed outside, the newest last, and whether
    that was in sum."""

    told: tuple[datetime, ...] = ()
    in_sum: bool = False


def worsened(before: Incident, after: Incident) -> bool:
    """Whether it goes on and is more severe now."""
    firing = before.state is AlertState.FIRING and after.state is AlertState.FIRING
    return firing and after.severity.rank > before.severity.rank


def silencing(silences: Iterable[Silence], incident: Incident, now: datetime) -> Silence | None:
    """The silence that keeps this incident quiet, if one does."""
    return next((silence for silence in silences if silence.covers(incident, now)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the watch knows from before: enough for another bot to go on with it.

    `incidents` by subject, with those resolved lately. `unready` says since when each node (id) is
    not `ready`. `engine_nodes`: id and host name of the node on which each configured engine (name)
    runs, known from when it answered; `engine_addresses` the addresses of these nodes. `leader` is
    the leading node's id. `specs` are fingerprints of the services' (id) specifications as last
    seen; `silent_until`: times until which nothing is
    said of a service (id), because the bot itself has just changed it. `managers` are the names of
    the managers by id; `seen_since` says when the watch first saw a service (id), and `accounted`
    which rollout's specification it has seen there already: the same one again is somebody else's
    doing. `first_end` is when the first certificate ends. `restarts` are the last tasks, by service
    (id), place and task (id), that were started because the one before had ended by itself, and
    when. `outside` says when people were last told that a service (id) was changed. `held` are
    notes of a stack's services that wait for those of its other services, and of services that are
    changed all the time. `at` is when all of this was judged last.
    """

    incidents: Mapping[str, Incident] = field(default_factory=dict)
    unready: Mapping[str, datetime] = field(default_factory=dict)
    engine_nodes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    engine_addresses: Mapping[str, str] = field(default_factory=dict)
    leader: str = ""
    specs: Mapping[str, str] = field(default_factory=dict)
    silent_until: Mapping[str, datetime] = field(default_factory=dict)
    managers: Mapping[str, str] = field(default_factory=dict)
    seen_since: Mapping[str, datetime] = field(default_factory=dict)
    accounted: Mapping[str, str] = field(default_factory=dict)
    first_end: datetime | None = None
    held: tuple[Note, ...] = ()
    restarts: Mapping[str, Mapping[str, Mapping[str, datetime]]] = field(default_factory=dict)
    outside: Mapping[str, OutsideNews] = field(default_factory=dict)
    at: datetime | None = None


def acknowledged(memory: Memory, acks: Mapping[str, tuple[Actor, datetime]]) -> Memory:
    """The memory with what people acknowledged (by incident id) through whichever bot; not of
    incidents that are over."""
    return replace(
        memory,
        incidents={
            subject: _acknowledged(incident, acks) for subject, incident in memory.incidents.items()
        },
    )


def _acknowledged(incident: Incident, acks: Mapping[str, tuple[Actor, datetime]]) -> Incident:
    if incident.id not in acks or incident.acknowledged_by or incident.state is AlertState.RESOLVED:
        return incident
    actor, at = acks[incident.id]
    return replace(
        incident, acknowledged_by=actor, acknowledged=at, changed=max(incident.changed, at)
    )


class Happened(StrEnum):
    """What the history of the watch tells of."""

    OPENED = "opened"
    RESOLVED = "resolved"
    NOTED = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the history: people were told of an incident, it was over, or something was said
    once.

    `id` is that of the incident or the note; `lasted` how long the incident was open.
    """

    at: datetime
    happened: Happened
    id: str
    kind: AlertKind
    severity: Severity
    name: str
    lasted: timedelta | None = None
