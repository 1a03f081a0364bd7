"""Data on the disks of nodes, before a change that may start tasks elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.command.model import Context
from bot.model import Node, Service, Spec, Task
from bot.model.placement import Move
from bot.render.objects import volume_cautions
from bot.swarm.scheduler import local_data


def warnings(service: Service, nodes: Iterable[Node], changed: Spec) -> tuple[str, ...]:
    """A sentence where new tasks of this service may begin with an empty volume."""
    volumes = local_data.may_start_empty(service, nodes, changed)
    return (volume_cautions.may_start_empty(service.name, volumes),) if volumes else ()


def asked(context: Context, service: Service, changed: Spec) -> tuple[str, ...]:
    """The same; asks for the nodes only where it has to."""
    if not local_data.local_volumes(service.spec):
        return ()
    return warnings(service, context.swarm.nodes.list(), changed)


def left_behind(
    moving: Iterable[Move], nodes: Sequence[Node], tasks: Iterable[Task]
) -> tuple[str, ...]:
    """A sentence for every service that moves away from its data; `nodes` are those that it
    leaves."""
    names = {node.id: node.name for node in nodes}
    places = {task.id: names[task.node_id] for task in tasks if task.node_id in names}
    return tuple(_left_behind(move, places) for move in moving if _starts_empty(move))


def _starts_empty(move: Move) -> bool:
    return move.placed > 0 and bool(local_data.local_volumes(move.service.spec))


def _left_behind(move: Move, places: Mapping[str, str]) -> str:
    left = sorted({places[task_id] for task_id in move.tasks if task_id in places})
    volumes = local_data.local_volumes(move.service.spec)
    return volume_cautions.stays_behind(move.service.name, volumes, left)
