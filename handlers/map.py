"""The map of the Swarm: a picture of the nodes and what runs on them."""

from __future__ import annotations

from typing import ClassVar

from bot.command.model import Command, Context, Query
from bot.model import Message


class Map(Query):
    """Draw the Swarm: every node with its tasks by service and version, as a picture for you
    alone."""

    names: ClassVar = ("map",)
    about_services: ClassVar = True

    def run(self, context: Context) -> Message:
        """Three calls to an engine.

        The picture is drawn after the answer, and follows it as a direct message.
        """
        from bot.render import map_message  # noqa: PLC0415 - not before the first picture: it is 1 MB

        services = {service.id: service for service in context.swarm.services.list()}
        return map_message.overview(
            context.swarm.nodes.list(), context.swarm.services.tasks(), services
        )


COMMANDS: tuple[type[Command], ...] = (Map,)
