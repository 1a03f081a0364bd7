"""What the doctor says of services that the loss of a node, or of a task, would cost more than it
has to; pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doctor.grouped import grouped
from bot.doctor.specifications import (
    RunningServices,
    first,
    lies_on,
    limits_of,
    names_of,
    own_volumes,
    restart_of,
)
from bot.model.english import listed
from bot.model.incident import Advice, Severity
from bot.swarm.scheduler import constraints


def losses(view: RunningServices) -> Iterator[Advice]:
    """Services that are away with one node, that nothing starts again, or that may take a node
    along."""
    single = [one for one in view.services if one.replicas == 1 and not own_volumes(one)]
    yield from grouped(
        names_of(single),
        "has a single replica: it is away while its node is, until another takes over",
        Advice(
            severity=Severity.NOTE,
            name="single",
            text=(
                "services have a single replica: they are away while their node is, until another "
                "takes over"
            ),
            fix=f"`/swarm scale {first(names_of(single))}=2`",
        ),
    )
    stays = [one for one in view.services if restart_of(one) == "none"]
    yield from grouped(
        names_of(stays),
        "is not started again when it ends (restart condition `none`)",
        Advice(
            severity=Severity.WARNING,
            name="no-restart",
            text="services are not started again when they end (restart condition `none`)",
            fix=f"`/swarm service update --restart-condition any {first(names_of(stays))}`",
        ),
    )
    free = [one for one in view.services if not limits_of(one).get("MemoryBytes")]
    yield from grouped(
        names_of(free),
        "has no memory limit: a leak takes its whole node down",
        Advice(
            severity=Severity.NOTE,
            name="no-memory-limit",
            text="services have no memory limit: a leak takes a whole node down",
            fix=f"`/swarm service update --limit-memory 512M {first(names_of(free))}`",
        ),
    )


def tied_data(view: RunningServices) -> Iterator[Advice]:
    """Data on a node's own disk stays behind when the task moves, and the task begins with an empty
    volume."""
    for service in view.services:
        volumes = own_volumes(service)
        able = [node for node in view.nodes.values() if constraints.fulfils(service.spec, node)]
        if volumes and service.replicas is not None and len(able) > 1:
            where = lies_on(service, view).partition(" ")[0].rstrip(",") or "NODE"
            yield Advice(
                severity=Severity.WARNING,
                name="tied-data",
                text=f"{service.name} keeps data in {listed(volumes)} on its node's disk, and may "
                "be moved to another of "
                f"{len(able)} nodes, where it would begin with nothing",
                fix=(
                    "Keep it there: `/swarm service update --constraint-add "
                    f"node.hostname=={where} {service.name}`"
                ),
            )
