"""Groups objects by stack; pure.

Swarm knows no stacks, only the label that `docker stack deploy` sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from bot.model import Service
from bot.model.cluster import Network, Stack, Stored
from bot.model.natural import natural
from bot.swarm.spec.read import STACK_NAMESPACE

T = TypeVar("T", Service, Stored, Network)


def stacks(
    services: Iterable[Service],
    secrets: Iterable[Stored] = (),
    configs: Iterable[Stored] = (),
    networks: Iterable[Network] = (),
) -> tuple[Stack, ...]:
    """All stacks by name, also those of which only secrets, configs or networks are left."""
    groups = tuple(services), tuple(secrets), tuple(configs), tuple(networks)
    names = {stack_of(member.labels) for group in groups for member in group} - {""}
    return tuple(
        Stack(
            name,
            _of(name, groups[0]),
            _of(name, groups[1]),
            _of(name, groups[2]),
            _of(name, groups[3]),
        )
        for name in sorted(names, key=natural)
    )


def stack_of(labels: Mapping[str, str]) -> str:
    """The stack of an object with these labels; empty for none."""
    return labels.get(STACK_NAMESPACE, "")


def _of(stack: str, group: Iterable[T]) -> tuple[T, ...]:
    return tuple(member for member in group if stack_of(member.labels) == stack)
