"""Looking at the Swarm itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from bot.command.fields import Option
from bot.command.model import Command, Context, Query
from bot.errors import (
    NO_MANAGER,
    InvalidValueError,
    NoEngineError,
)
from bot.model import Message
from bot.model.cluster import EngineState
from bot.render.cli import listing
from bot.render.cli.template import TemplateError
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

    format: Annotated[
        str, AfterValidator(listing.read_format), Option(("--format", "-f"), "TEMPLATE|json")
    ] = Field("", description="what one engine says: json, or a template such as {{.Name}}")

    def run(self, context: Context) -> Message:
        """One call to every engine, and two to a manager; or one to the engine that is named."""
        states = context.swarm.engines.states()
        if self.format:
            return self._printed(context, states)
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

    def _printed(self, context: Context, states: Sequence[EngineState]) -> Message:
        reachable = [state for state in states if state.reachable] or states
        state = choose("info", states if self.on else reachable[:1], self.on, MANAGER)
        document = context.swarm.cluster.document(state.name)
        try:
            return listing.of_documents(self.full_name(), [document], self.format)
        except TemplateError as error:
            raise InvalidValueError("--format", self.format, str(error)) from None


COMMANDS: tuple[type[Command], ...] = (Info,)
