"""The answer to `map`: a summary, and the picture of the Swarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.model import Message, Node, Service, Task
from bot.render.picture import node_tasks, swarm_map
from bot.render.slack.blocks import context, message
from bot.render.slack.text import escape


def overview(
    nodes: Sequence[Node], tasks: Iterable[Task], services: Mapping[str, Service]
) -> Message:
    """All nodes and tasks. `services` are keyed by id."""
    placed = node_tasks.placed(nodes, tasks, services)
    mark = "🟠" if node_tasks.needs_care(placed) else "🟢"
    return message(
        f"{mark} {node_tasks.headline(nodes, placed)}",
        [escape(node_tasks.summary(placed))],
        context("The picture comes as a direct message from swarmbot."),
        [swarm_map.picture(nodes, placed)],
    )
