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


@dataclass(frozen=True, slots=True)
class Danger:
    """One thing that a change adds and that reaches the host or what is others', in words."""

    grant: Grant
    words: str
