"""What may keep an update from ending, with what is left on the nodes where that matters."""

from __future__ import annotations

from collections.abc import Sequence

from bot.command.model import Context
from bot.model import Node, Service, Spec
from bot.render.objects.placement_cautions import obstacles_in_words
from bot.swarm.scheduler import obstacles
from bot.swarm.scheduler.capacity import Capacity


def warnings(
    context: Context, service: Service, nodes: Sequence[Node], changed: Spec
) -> tuple[str, ...]:
    """A sentence for each obstacle. All tasks are asked for only where new ones start first."""
    capacity = None
    if obstacles.starts_first(changed):
        swarm = context.swarm.seen_by(None)
        capacity = Capacity.of(nodes, swarm.services.tasks(running=True), swarm.services.list())
    return obstacles_in_words(obstacles.in_the_way(service, nodes, changed, capacity))
