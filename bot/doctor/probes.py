"""What the doctor looks at besides what the watch sees all the time; None and what is left out:
nobody could say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.cluster import Clock, Network, RegistryAnswer, RootRotation
from bot.model.stored_login import StoredLogins


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """By image (as written): whether its registry has it, and whether it brings a health check of
    its own (of those only that `updates.images_that_decide` names). `seen_ago`: seconds since
    nodes, services and tasks were read. `own_service`: the id of the service that the bot runs as;
    empty where it runs as none."""

    clocks: tuple[Clock, ...] = ()
    registry: Mapping[str, RegistryAnswer] = field(default_factory=dict)
    health_checks: Mapping[str, bool] = field(default_factory=dict)
    rotation: RootRotation | None = None
    networks: tuple[Network, ...] = ()
    logins: StoredLogins = field(default_factory=StoredLogins)
    seen_ago: float = 0.0
    own_service: str = ""
