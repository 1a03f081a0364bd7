"""What the doctor says of services that the loss of a node, or of a task, would cost more than it
has to; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.specifications import (
    RunningServices,
    lies_on,
    limits_of,
    names_of,
)
from bot.model.advice import Advice
from bot.model.advice_facts import AllAlike, TiedData
from bot.model.advice_kind import AdviceKind
from bot.model.completion import RestartCondition
from bot.model.incident import Severity
from bot.swarm.scheduler import constraints
from bot.swarm.scheduler.local_data import local_volumes

_FEW = 3


def losses(view: RunningServices) -> Iterator[Advice]:
    """Services that are away with one node, that nothing starts again, or that may take a node
    along."""
    services = view.services
    single = [
        service for service in services if service.replicas == 1 and not local_volumes(service.spec)
    ]
    if single:
        yield Advice(Severity.NOTE, AllAlike(AdviceKind.SINGLE, names_of(single)))
    not_restarted = [service for service in services if service.restart is RestartCondition.NONE]
    if not_restarted:
        facts = AllAlike(AdviceKind.NO_RESTART, names_of(not_restarted))
        yield Advice(Severity.WARNING, facts)
    unlimited = [service for service in services if not limits_of(service).get("MemoryBytes")]
    if unlimited:
        yield Advice(Severity.NOTE, AllAlike(AdviceKind.NO_MEMORY_LIMIT, names_of(unlimited)))


def tied_data(view: RunningServices) -> Iterator[Advice]:
    """Data on a node's own disk stays behind when the task moves, and the task begins with an empty
    volume."""
    for service in view.services:
        volumes = local_volumes(service.spec)
        if not volumes or service.replicas is None:
            continue
        nodes = view.evaluation.nodes.values()
        able = [node for node in nodes if constraints.suits(service.spec, node)]
        if len(able) > 1:
            where = lies_on(service, view)
            facts = TiedData(
                service=service.name,
                volumes=tuple(volumes),
                nodes=len(able),
                where=where[0] if 0 < len(where) <= _FEW else "",
            )
            yield Advice(Severity.WARNING, facts)
