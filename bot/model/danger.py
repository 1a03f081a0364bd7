"""What in a service's specification reaches beyond the service, and what lets somebody ask for
it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grant(StrEnum):
    """What a rule may grant by name; without that it is refused."""

    MOUNTS = "mounts"
    CAPABILITIES = "capabilities"
    NETWORKS = "networks"
    SECRETS = "secrets"
    PORTS = "ports"
    PRIVILEGED = "privileged"
    MANAGERS = "managers"
    USERS = "users"
    SWARMBOT = "swarmbot"


@dataclass(frozen=True, slots=True)
class Danger:
    """One thing that reaches the host or what is others', in words, and that a change adds.

    `held`: the service has it already, and the change chooses what uses it. `image_only`: it
    chooses that by the image alone. `owners`: the services whose secret it is.
    """

    grant: Grant
    words: str
    held: bool = False
    image_only: bool = False
    owners: tuple[str, ...] = ()
