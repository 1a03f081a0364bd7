"""The health of the Swarm in one message."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.render import status
from bot.reports import health


class Health(Query):
    """Show the health of the Swarm: managers and quorum, nodes, services below their count,
    rollouts, open alerts."""

    names: ClassVar = ("status",)

    hints: bool = Field(False, description="also show what can be typed")

    def run(self, context: Context) -> Message:
        """Everything at one look; what does not answer is named."""
        view = health(context.swarm, context.store, context.now())
        refused = context.refused_channels()
        return status.health(replace(view, refused_channels=refused), hints=self.hints)


COMMANDS: tuple[type[Command], ...] = (Health,)
