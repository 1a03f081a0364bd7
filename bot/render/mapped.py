"""The answer to `map`: what there is to see in a line, and the picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.model import Message, Node, Service, Task
from bot.render.blocks import context, message
from bot.render.picture import swarm_map
from bot.render.text import escape


def whole(nodes: Sequence[Node], tasks: Iterable[Task], services: Mapping[str, Service]) -> Message:
    """All nodes and tasks. `services` go by id."""
    spots = swarm_map.placed(nodes, tasks, services)
    mark = "🟠" if swarm_map.needs_care(spots) else "🟢"
    return message(
        f"{mark} {swarm_map.headline(nodes, spots)}",
        [escape(swarm_map.told(spots))],
        context("The picture comes as a direct message from swarmbot."),
        [swarm_map.picture(nodes, spots)],
    )
