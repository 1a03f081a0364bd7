"""Looking at single services and tasks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bot.command.fields import Argument, Name, Option
from bot.command.list_flags import InspectFlags
from bot.command.model import Command, Context, Query
from bot.errors import (
    BeyondRightsError,
    ElsewhereError,
    NotAllowedError,
    NotGrantedError,
    ReadOnlyError,
    UnknownNameError,
)
from bot.model import Message, Node, Service, Task
from bot.render.objects import service_sheet, task_sheet
from bot.render.slack import blocks
from bot.swarm.objects.found_task import FoundTask

_TASK_ID = re.compile(r"[0-9a-z]{4,25}")
_NOT_FOUND = (
    BeyondRightsError,
    NotAllowedError,
    NotGrantedError,
    ReadOnlyError,
    UnknownNameError,
)
"""That there is no such service, and that somebody may not name it."""


class ServiceInspect(InspectFlags, Query):
    """Show how services or tasks are set up; values of variables stay hidden.

    A task is named by its id, or the beginning of it.
    """

    names: ClassVar = ("service inspect", "inspect")
    about_services: ClassVar = True
    examples: ClassVar = (
        "service inspect web",
        "inspect --format '{{json .Spec.Labels}}' web",
        "inspect 8kj2s0v1x3qd",
    )
    elsewhere: ClassVar = dict.fromkeys(
        ("--size", "-s"), "it is for the containers and images of one engine"
    )

    services: Annotated[tuple[Name, ...], Argument("SERVICE|TASK")] = Field(min_length=1)
    type: Annotated[
        Literal["service", "task", "node", "network", "secret", "config"] | None,
        Option(metavar="service|task"),
    ] = Field(None, description="which of both it is (default: whichever there is)")

    def run(self, context: Context) -> Message:
        """Three calls to an engine for each; of many nodes, those that its tasks are on."""
        if self.type not in (None, "service", "task"):
            right = f"{self.type} inspect {' '.join(self.services)}"
            why = f"it would show a {self.type}, which has a line of its own"
            raise ElsewhereError(self.full_name(), f"--type {self.type}", why, right)
        named = [find(context, name, self.type) for name in self.services]
        if self.printed:
            return self.print([_document(context, each) for each in named], self.full_name())
        return blocks.together([_sheet(context, each) for each in named])


COMMANDS: tuple[type[Command], ...] = (ServiceInspect,)


def find(context: Context, name: str, kind: str | None = None) -> Service | FoundTask:
    """The service of this name, else the task with this id.

    Raises UnknownNameError with the nearest services, AmbiguousNameError, and what refuses a
    service that somebody may not name: for a task that is that of its service.
    """
    services = context.swarm.services
    if kind == "task":
        return services.find_task(name)
    try:
        return services.find(name)
    except _NOT_FOUND as error:
        if kind == "service" or not _TASK_ID.fullmatch(name):
            raise
        try:
            return services.find_task(name)
        except _NOT_FOUND:
            raise error from None


def _document(context: Context, found: Service | FoundTask) -> Mapping[str, Any]:
    if isinstance(found, FoundTask):
        return found.document
    return context.swarm.services.document(found)


def _sheet(context: Context, found: Service | FoundTask) -> Message:
    if isinstance(found, FoundTask):
        return task_sheet.inspected(found.task, found.service, _nodes(context, [found.task]))
    tasks = context.swarm.services.tasks(found.id)
    return service_sheet.inspected(found, tasks, _nodes(context, tasks))


def _nodes(context: Context, tasks: Iterable[Task]) -> Mapping[str, Node]:
    return {node.id: node for node in context.swarm.nodes.of(tasks)}
