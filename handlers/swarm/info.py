"""Looking at the Swarm itself."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.fields import Option
from bot.command.model import Command, Context, Query
from bot.errors import (
    NO_MANAGER,
    NoEngineError,
)
from bot.model import Message
from bot.render.objects import swarm_sheet
from bot.swarm.choose_engine import MANAGER, choose


class Info(Query):
    """Show the Swarm part of `docker system info`: node, managers, certificates, autolock; of one
    engine by `--on`."""

    names: ClassVar = ("system info", "info")
    examples: ClassVar = ("info", "info --on node2")

    on: Annotated[str, Option(metavar="ENGINE")] = Field(
        "", description="the engine that is asked (default: all)"
    )

    def run(self, context: Context) -> Message:
        """One call to every engine, and two to a manager; or one to the engine that is named."""
        states = context.swarm.engines.states()
        if self.on or len(states) == 1:
            state = choose("info", states, self.on, MANAGER)
            if not state.reachable:
                raise NoEngineError(((state.name, state.error),))
            return swarm_sheet.info(context.swarm.cluster.system(state.name))
        try:
            nodes = context.swarm.nodes.list()
            cluster = context.swarm.cluster.inspect()
        except NO_MANAGER:
            return swarm_sheet.overview(None, states, 0, 0)
        return swarm_sheet.overview(
            cluster, states, sum(1 for node in nodes if node.manager), len(nodes)
        )


COMMANDS: tuple[type[Command], ...] = (Info,)
