"""What an alert or a note is about: for each kind the facts from which `bot.render.alerts` makes
its sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from bot.model.cluster import EngineFault
from bot.model.images import Image
from bot.model.rollout import Finding


class AlertKind(StrEnum):
    """What can be wrong: the names of the rules in the configuration."""

    NODE_DOWN = "node-down"
    MANAGER_LOCKED = "manager-locked"
    MANAGER_UNREACHABLE = "manager-unreachable"
    ENGINE_UNREACHABLE = "engine-unreachable"
    QUORUM_AT_RISK = "quorum-at-risk"
    QUORUM_LOST = "quorum-lost"
    CERTIFICATE = "certificate"
    NODE_EXPIRING = "node-expiring"
    ROOT_ROTATION = "root-rotation"
    SERVICE_BELOW = "service-below"
    SERVICE_CRASHING = "service-crashing"
    ROLLOUT_PAUSED = "rollout-paused"
    ROLLOUT_ROLLED_BACK = "rollout-rolled-back"
    PLACEMENT = "placement"
    REDIS_AWAY = "redis-away"
    SLACK_AWAY = "slack-away"
    REGISTRY_AWAY = "registry-away"
    JOB_HANGS = "job-hangs"
    LEADER_MOVED = "leader-moved"
    CHANGED_OUTSIDE = "changed-outside"


class EngineAnswer(StrEnum):
    """Whether the engine of a node answers the bot."""

    NOT_CONNECTED = "not connected"
    ANSWERS = "answers"
    SILENT = "silent"
    EXPIRED = "expired"


class LostReplicas(StrEnum):
    """What became of the replicas that ran on a node which is down."""

    NONE = "none"
    BEING_REPLACED = "being replaced"
    REPLACED = "replaced"


class Aftermath(StrEnum):
    """What remains of an incident with a node that is over.

    `IDLE`: the node runs nothing, though it could take over replicas of others. `ONLY_GLOBAL`: it
    runs only global services, though it could. `GONE`: it is no longer part of the Swarm.
    """

    NOTHING = ""
    IDLE = "idle"
    ONLY_GLOBAL = "only global"
    GONE = "gone"


# ---- nodes and managers


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDown:
    """A node sends no heartbeat. `fault_tolerance`: of a manager, how many more managers may fail;
    below zero, how many are missing for a quorum.

    `locked`: its engine is locked, or may be, which another problem of the node tells of.
    `left_over`: it is an old entry of a machine that joined anew, under the same host name.
    `drained`: it gets no tasks anyway.
    """

    kind: Literal[AlertKind.NODE_DOWN] = AlertKind.NODE_DOWN
    node_id: str = ""
    left_over: bool = False
    drained: bool = False
    locked: bool = False
    engine: EngineAnswer = EngineAnswer.NOT_CONNECTED
    replicas: LostReplicas = LostReplicas.NONE
    fault_tolerance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerLocked:
    """A manager waits for the unlock key. Its own engine says so, or it is only `suspected`: it is
    down, autolock is on, and its host answers."""

    kind: Literal[AlertKind.MANAGER_LOCKED] = AlertKind.MANAGER_LOCKED
    suspected: bool = False
    fault_tolerance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerUnreachable:
    """A manager is not down, but the other managers do not reach it."""

    kind: Literal[AlertKind.MANAGER_UNREACHABLE] = AlertKind.MANAGER_UNREACHABLE
    fault_tolerance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineUnreachable:
    """The configured `engine` does not answer the bot; or none of several `engines` does.

    `reason` is the transport's own word, `fault` what it means.
    """

    kind: Literal[AlertKind.ENGINE_UNREACHABLE] = AlertKind.ENGINE_UNREACHABLE
    engine: str = ""
    engines: int = 1
    reason: str = ""
    fault: EngineFault = EngineFault.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumAtRisk:
    """No more manager may fail: those named as `missing` take no part, of so many `managers`."""

    kind: Literal[AlertKind.QUORUM_AT_RISK] = AlertKind.QUORUM_AT_RISK
    missing: tuple[str, ...] = ()
    managers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumLost:
    """The managers have no leader. `managers`: how many there are, 0 where nobody knows.

    `silent`, `locked` and `expired` are the names of nodes whose engines do not answer, or say that
    they are locked, or that their node certificate has expired.
    """

    kind: Literal[AlertKind.QUORUM_LOST] = AlertKind.QUORUM_LOST
    managers: int = 0
    silent: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()


# ---- certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEnding:
    """A certificate ends soon, or has `ended`. `certificate` is its kind: `node`, `root`, `engine`
    or `endpoint`."""

    ends: datetime
    certificate: str = ""
    ended: bool = False
    kind: Literal[AlertKind.CERTIFICATE] = AlertKind.CERTIFICATE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringNode:
    """The certificate of a node that is Down ends soon, or has `ended`: it cannot renew it
    meanwhile. `ends` is the latest time, for the node renewed it before it went Down."""

    node_id: str
    ends: datetime
    ended: bool = False
    kind: Literal[AlertKind.NODE_EXPIRING] = AlertKind.NODE_EXPIRING


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRotationStalled:
    """The rotation of the root certificate does not end. `waiting` pairs names and states of the
    nodes that hold it up."""

    kind: Literal[AlertKind.ROOT_ROTATION] = AlertKind.ROOT_ROTATION
    waiting: tuple[tuple[str, str], ...] = ()


# ---- services


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceBelow:
    """A service runs fewer replicas than it should. `cause`: why, where a task says it.

    `for_good`: a task that does one piece of work failed, and Swarm does not start it again.
    """

    kind: Literal[AlertKind.SERVICE_BELOW] = AlertKind.SERVICE_BELOW
    running: int = 0
    desired: int = 0
    cause: Finding | None = None
    for_good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCrashing:
    """A task of a service fails again and again; `ends_well`: it ends without failing, or nobody
    knows how."""

    kind: Literal[AlertKind.SERVICE_CRASHING] = AlertKind.SERVICE_CRASHING
    cause: Finding | None = None
    ends_well: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPaused:
    """Swarm paused an update to `image`, or the rollback to it where `rollback`."""

    image: Image
    rollback: bool = False
    cause: Finding | None = None
    kind: Literal[AlertKind.ROLLOUT_PAUSED] = AlertKind.ROLLOUT_PAUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutRolledBack:
    """Swarm rolled an update back to `image`."""

    image: Image
    cause: Finding | None = None
    kind: Literal[AlertKind.ROLLOUT_ROLLED_BACK] = AlertKind.ROLLOUT_ROLLED_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class UnevenPlacement:
    """Names of the services whose tasks are spread unevenly, and of nodes that are `idle` though
    they could take some over."""

    kind: Literal[AlertKind.PLACEMENT] = AlertKind.PLACEMENT
    services: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


# ---- the bot itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAway:
    """Redis does not answer, and the client's own word for it."""

    kind: Literal[AlertKind.REDIS_AWAY] = AlertKind.REDIS_AWAY
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAway:
    """Slack does not answer, and the client's own word for it."""

    kind: Literal[AlertKind.SLACK_AWAY] = AlertKind.SLACK_AWAY
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAway:
    """A registry cannot be asked for new images, and why."""

    kind: Literal[AlertKind.REGISTRY_AWAY] = AlertKind.REGISTRY_AWAY
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHangs:
    """A job of the bot hung, and was cut off."""

    kind: Literal[AlertKind.JOB_HANGS] = AlertKind.JOB_HANGS


ProblemFacts = Annotated[
    NodeDown
    | ManagerLocked
    | ManagerUnreachable
    | EngineUnreachable
    | QuorumAtRisk
    | QuorumLost
    | CertificateEnding
    | ExpiringNode
    | RootRotationStalled
    | ServiceBelow
    | ServiceCrashing
    | RolloutPaused
    | RolloutRolledBack
    | UnevenPlacement
    | RedisAway
    | SlackAway
    | RegistryAway
    | JobHangs,
    Field(discriminator="kind"),
]
"""What a problem is about; its kind says which of these it is."""


# ---- notes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecChange:
    """What one change of a specification changed: image and replica count (before, after), and of
    everything else the names of the fields."""

    image: tuple[Image, Image] | None = None
    replicas: tuple[int | None, int | None] | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanges:
    """A service with the changes that were made to it, the oldest first; none where nobody knows
    what changed. Of many that are told of in sum: how many `times` since when, and the last
    change."""

    service: str
    changes: tuple[SpecChange, ...] = ()
    times: int = 1
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderMoved:
    """Another manager leads the Swarm than `before`."""

    before: str
    kind: Literal[AlertKind.LEADER_MOVED] = AlertKind.LEADER_MOVED


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedOutside:
    """Services were changed, and not by the bot: one, or several of one stack."""

    services: tuple[ServiceChanges, ...]
    kind: Literal[AlertKind.CHANGED_OUTSIDE] = AlertKind.CHANGED_OUTSIDE


NoteFacts = Annotated[LeaderMoved | ChangedOutside, Field(discriminator="kind")]
"""What a note is about."""
