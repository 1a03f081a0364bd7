"""Frozen values about the engines and the Swarm as a whole.

The values about its contents stand in `bot.model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import SecretStr

from bot.model import Service

# ---- engines


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """How to reach an engine: `unix://`, `tcp://`, `ssh://`.

    `tls` is a folder with ca.pem, cert.pem, key.pem.
    """

    name: str
    url: str
    tls: str | None = None


class EngineFault(StrEnum):
    """What is wrong with an engine, by its own words or those of the transport."""

    NONE = ""
    NO_LEADER = "no leader"
    TLS = "tls"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class EngineState:
    """What an engine says of itself.

    `swarm` is `active`, `locked`, `inactive`, `pending` or `error`; empty: unknown. `error` is its
    own word (such as that there is no leader), or why it is away; `fault` what that means.
    `address` is that of its node; where it says nothing now, as it last said. `peers`: managers'
    addresses. `clock`: what its clock said then.
    """

    name: str
    reachable: bool
    swarm: str = ""
    manager: bool = False
    node_id: str = ""
    node_name: str = ""
    error: str = ""
    version: str = ""
    cluster_id: str = ""
    address: str = ""
    peers: tuple[str, ...] = ()
    fault: EngineFault = EngineFault.NONE
    clock: Clock | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Clock:
    """How far an engine's clock is ahead of the bot's (behind: negative), give or take `within`."""

    engine: str
    ahead: timedelta
    within: timedelta


# ---- the Swarm


@dataclass(frozen=True, slots=True)
class ExternalCa:
    """A certificate authority outside of Swarm that signs the node certificates."""

    protocol: str
    url: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """The Swarm's own configuration, without its tokens and keys.

    `trust_root` is the root certificate as PEM.
    """

    id: str
    version: int
    created: datetime | None
    updated: datetime | None
    cert_expiry: timedelta
    force_rotate: int
    external_cas: tuple[ExternalCa, ...]
    root_rotation: bool
    trust_root: str
    autolock: bool
    task_history: int
    dispatcher_heartbeat: timedelta
    snapshot_interval: int
    keep_old_snapshots: int
    heartbeat_tick: int
    election_tick: int
    data_path_port: int
    address_pools: tuple[str, ...]
    subnet_size: int
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The Swarm part of `docker system info` of one engine.

    `cluster` is None, and the counts are 0, unless it manages.
    """

    state: EngineState
    managers: int = 0
    nodes: int = 0
    cluster: ClusterInfo | None = None


@dataclass(frozen=True, slots=True)
class RootCertificate:
    """The certificate that every node of the Swarm trusts.

    `fingerprint` is the SHA-256 of its DER form, in hex.
    """

    subject: str
    serial: str
    begins: datetime
    ends: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate that ends some day.

    `kind` is `node`, `root`, `engine` (its TLS) or `endpoint` (of the configuration). `name` is the
    node's, the engine's, or `host:port`. Where it could not be read, `error` says why, and the
    times are None. `source` is how it was read: `handshake` (with 2377), `agent` (a job on the
    node), `swarm`, `tls`.
    """

    kind: str
    name: str
    begins: datetime | None = None
    ends: datetime | None = None
    source: str = ""
    node_id: str = ""
    error: str = ""

    def left(self, now: datetime) -> timedelta | None:
        """How long it is still valid; negative when it has ended."""
        return self.ends - now if self.ends else None

    def share_left(self, now: datetime) -> float | None:
        """How much of its life is left, from 1 to 0."""
        if self.begins is None or self.ends is None or self.ends <= self.begins:
            return None
        return max(0.0, (self.ends - now) / (self.ends - self.begins))


@dataclass(frozen=True, slots=True)
class RootRotation:
    """How many of `total` nodes have a certificate of the newest root.

    `waiting` pairs the others' names and states.
    """

    running: bool
    total: int
    renewed: int
    waiting: tuple[tuple[str, str], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every node trusts the newest root, and it alone."""
        return not self.running and not self.waiting


@dataclass(frozen=True, slots=True)
class JoinTokens:
    """What lets an engine join. Secret: only ever shown in private to who asked."""

    worker: SecretStr
    manager: SecretStr


# ---- health


@dataclass(frozen=True, slots=True)
class Quorum:
    """The managers, and how many of them may be lost.

    With `fault_tolerance` more of them gone nothing is lost yet; with one more nothing can be
    changed any more.
    """

    managers: int
    reachable: int
    needed: int
    fault_tolerance: int


class ManagerCaution(StrEnum):
    """What is unwise about a number of managers, or of those that are there."""

    ONE = "one manager"
    TWO = "two managers"
    EVEN = "an even number"
    MANY = "many managers"
    NO_TOLERANCE = "none may fail"


# ---- networks, secrets, configs


@dataclass(frozen=True, slots=True)
class Network:
    """A network. `driver` and `subnets` (CIDR) are empty until Swarm has set it up.

    `scope` is `swarm` or `local`.
    """

    id: str
    name: str
    driver: str
    scope: str
    attachable: bool = False
    ingress: bool = False
    internal: bool = False
    encrypted: bool = False
    subnets: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    ipv6: bool = False
    gateways: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A secret or a config: that it is there, never what is in it.

    `kind` is `secret` or `config`.
    """

    kind: str
    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything with the label of one stack."""

    name: str
    services: tuple[Service, ...] = ()
    secrets: tuple[Stored, ...] = ()
    configs: tuple[Stored, ...] = ()
    networks: tuple[Network, ...] = ()


# ---- registries


class RegistryAnswer(StrEnum):
    """What a registry says of an image: it has it, has it not, may not say, or did not answer."""

    THERE = "there"
    MISSING = "missing"
    DENIED = "denied"
    UNKNOWN = "unknown"


# ---- logs


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that a task wrote, when, and on which node (ids).

    `details` is what the log driver adds to it, as `name=value,…`.
    """

    at: datetime | None
    task_id: str
    node_id: str
    text: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class ServiceLog:
    """Lines in the order of time.

    `silent`: ids of nodes that did not answer; `cut`: time ran out before the end.
    """

    lines: tuple[LogLine, ...]
    silent: tuple[str, ...] = ()
    cut: bool = False
