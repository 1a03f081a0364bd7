"""What the doctor says of services that the loss of a node, or of a task, would cost more than it
has to; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.doctor.specifications import has_memory_limit, lasting, lies_on, names_of
from bot.model import Service
from bot.model.advice import Advice
from bot.model.advice_facts import AllAlike, TiedData
from bot.model.advice_kind import AdviceKind
from bot.model.completion import RestartCondition
from bot.model.incident import Severity
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.swarm.scheduler.local_data import local_volumes

_FEW = 3


@kept_with_layout
def losses(layout: TaskLayout) -> tuple[Advice, ...]:
    """Services that are away with one node, that nothing starts again, or that may take a node
    along."""
    return tuple(_losses(lasting(layout)))


def _losses(services: Sequence[Service]) -> Iterator[Advice]:
    single = [
        service for service in services if service.replicas == 1 and not local_volumes(service.spec)
    ]
    if single:
        yield Advice(Severity.NOTE, AllAlike(AdviceKind.SINGLE, names_of(single)))
    not_restarted = [service for service in services if service.restart is RestartCondition.NONE]
    if not_restarted:
        facts = AllAlike(AdviceKind.NO_RESTART, names_of(not_restarted))
        yield Advice(Severity.WARNING, facts)
    unlimited = [service for service in services if not has_memory_limit(service.spec)]
    if unlimited:
        yield Advice(Severity.NOTE, AllAlike(AdviceKind.NO_MEMORY_LIMIT, names_of(unlimited)))


@kept_with_layout
def tied_data(layout: TaskLayout) -> tuple[Advice, ...]:
    """Data on a node's own disk stays behind when the task moves, and the task begins with an empty
    volume."""
    return tuple(_tied_data(layout))


def _tied_data(layout: TaskLayout) -> Iterator[Advice]:
    for service in lasting(layout):
        volumes = local_volumes(service.spec)
        if not volumes or service.replicas is None:
            continue
        able = [node for node in layout.listed_nodes if constraints.suits(service.spec, node)]
        if len(able) > 1:
            where = lies_on(service, layout)
            facts = TiedData(
                service=service.name,
                volumes=tuple(volumes),
                nodes=len(able),
                where=where[0] if 0 < len(where) <= _FEW else "",
            )
            yield Advice(Severity.WARNING, facts)
