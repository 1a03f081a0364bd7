"""Looking at nodes."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from bot.command import Command, Context, Query
from bot.model import Message
from bot.render import nodes


class NodeLs(Query):
    """List the nodes: state, availability, manager status, number of tasks."""

    names: ClassVar = ("node ls", "nodes")

    def run(self, context: Context) -> Message:
        """Two calls to an engine: the nodes, and the tasks that should run."""
        tasks = context.swarm.services.tasks(running=True)
        counts = Counter(task.node_id for task in tasks if task.state == "running")
        return nodes.listed(context.swarm.nodes.list(), counts, context.now())


COMMANDS: tuple[type[Command], ...] = (NodeLs,)
