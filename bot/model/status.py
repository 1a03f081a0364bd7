"""The health of the Swarm at one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.model.change import Lock
from bot.model.version_in_use import VersionInUse


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A service that runs fewer tasks than it should; `id` is empty where nobody needs it."""

    service: str
    running: int
    desired: int
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The health of the Swarm at one look.

    `fault_tolerance` is how many more managers may fail; `nodes` counts by state (`ready`, `down`,
    …) and `nodes_away` names those that are not ready; `rollouts` names the services that roll;
    `holds` and `approvals` count what is held and what waits; `critical` and `warnings` count open
    alerts; `engines_away` pairs an engine's name with why it does not answer; `redis` says why
    Redis does not, and is empty where it does; `refused_channels` take no messages of the bot, for
    Slack's reasons; `certificate_left` is what the first certificate
    that ends has left, negative where it has ended, None while nobody knows; that it becomes less
    by the clock makes no other status; `versions` are those of the engines, the newest first, where
    they differ by more than a patch; `seen_ago`: seconds since nodes and services were read.
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
    versions: tuple[VersionInUse, ...] = ()
    redis: str = ""
    refused_channels: Mapping[str, str] = field(default_factory=dict)
    certificate_left: timedelta | None = field(default=None, compare=False)
    seen_ago: float = field(default=0.0, compare=False)
