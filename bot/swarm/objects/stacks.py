"""What belongs to a stack: Swarm knows no stacks, only the label that `docker stack deploy` sets;
pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from bot.model import Service
from bot.model.cluster import Network, Stack, Stored
from bot.swarm.spec.edit import STACK_NAMESPACE

T = TypeVar("T", Service, Stored, Network)


def stacks(
    services: Iterable[Service],
    secrets: Iterable[Stored] = (),
    configs: Iterable[Stored] = (),
    networks: Iterable[Network] = (),
) -> tuple[Stack, ...]:
    """All stacks by name; one that has no service is one too, as long as something of it is
    left."""
    four = tuple(services), tuple(secrets), tuple(configs), tuple(networks)
    names = {stack_of(each.labels) for group in four for each in group} - {""}
    return tuple(
        Stack(name, _of(name, four[0]), _of(name, four[1]), _of(name, four[2]), _of(name, four[3]))
        for name in sorted(names)
    )


def stack_of(labels: Mapping[str, str]) -> str:
    """The stack that something with these labels belongs to; empty where to none."""
    return labels.get(STACK_NAMESPACE, "")


def _of(stack: str, group: Iterable[T]) -> tuple[T, ...]:
    return tuple(each for each in group if stack_of(each.labels) == stack)
