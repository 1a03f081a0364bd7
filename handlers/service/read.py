"""Looking at services and their tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.elsewhere import ENGINES_CONTAINERS
from bot.command.fields import Argument, Name
from bot.command.list_flags import ListFlags, TaskListFlags
from bot.command.model import Command, Context, Query
from bot.model import Message, Node, Service, Task
from bot.render.cli import objects
from bot.render.cli.listing import none_fits
from bot.render.objects import services, tasks
from bot.render.slack import blocks
from bot.swarm import filters
from bot.swarm.health.completion import completion_of
from bot.swarm.health.diagnosis import diagnose, unwell


class ServiceLs(ListFlags, Query):
    """List the services with image and replica count, those below their count first."""

    names: ClassVar = ("service ls", "services")
    about_services: ClassVar = True
    conditions: ClassVar = filters.SERVICES
    examples: ClassVar = ("service ls", "service ls --filter name=shop --format '{{.Name}}'")

    def run(self, context: Context) -> Message:
        """One call to an engine; of many services, the watch may have seen them just now."""
        if self.printed:
            every = self.kept(context.swarm.services.list())
            return self.print(objects.services(every), self.full_name())
        seen = context.swarm.services.overview_lately()
        listed = self.kept(seen.value)
        if self.filter and not listed:
            return none_fits("service", self.filter)
        return services.listed(listed, context.now(), seen.ago)


class ServicePs(TaskListFlags, Query):
    """List the tasks of services: where each runs, and why it failed."""

    names: ClassVar = ("service ps", "ps")
    about_services: ClassVar = True
    examples: ClassVar = ("service ps web", "service ps --filter desired-state=running web")
    elsewhere: ClassVar = dict.fromkeys(
        ("--all", "-a", "--last", "-n", "--latest", "-l", "--size", "-s"), ENGINES_CONTAINERS
    )

    services: Annotated[tuple[Name, ...], Argument("SERVICE")] = Field(min_length=1)

    def run(self, context: Context) -> Message:
        """Two calls a service, and one for the nodes where they were not seen just now."""
        asked_services = [_with_tasks(context, name) for name in self.services]
        known = {service.id: service for service, _ in asked_services}
        every = [task for _, its in asked_services for task in its]
        nodes = {node.id: node for node in context.swarm.nodes.of(every)}
        fitting = self.fitting(every, known, nodes)
        if self.printed:
            return self.print_tasks(fitting, self.full_name(), context.now())
        if self.filter and not fitting:
            return none_fits("task", self.filter)
        only = {named.task.id for named in fitting} if self.filter else None
        view = tasks.TaskView({} if self.no_resolve else nodes, context.now(), only)
        return blocks.together(
            [_shown(service, its, nodes, view) for service, its in asked_services]
        )


COMMANDS: tuple[type[Command], ...] = (ServiceLs, ServicePs)


def _with_tasks(context: Context, name: str) -> tuple[Service, tuple[Task, ...]]:
    service = context.swarm.services.find(name)
    its = context.swarm.services.tasks(service.id)
    return replace(service, completion=completion_of(service, its)), its


def _shown(
    service: Service, its: Sequence[Task], nodes: Mapping[str, Node], view: tasks.TaskView
) -> Message:
    findings = diagnose(unwell(its, view.now), nodes)
    return tasks.tasks(service, its, view, findings)
