"""A version of Docker that a Swarm runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VersionInUse:
    """A version of Docker, and the names of the nodes that run it; `managers` are those of them
    that are managers."""

    version: str
    nodes: tuple[str, ...]
    managers: tuple[str, ...] = ()
