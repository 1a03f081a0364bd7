"""Looking at services and their tasks."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from bot.command import Command, Context, Query
from bot.fields import Argument, Duration, Name, Option
from bot.model import Message
from bot.render import services
from bot.swarm.diagnosis import diagnose


class ServiceLs(Query):
    """List the services with image and replica count, those below their count first."""

    names: ClassVar = ("service ls", "services")

    def run(self, context: Context) -> Message:
        """One call to an engine."""
        return services.listed(context.swarm.services.list(), context.now())


class ServicePs(Query):
    """List the tasks of services: where each runs, and why it failed."""

    names: ClassVar = ("service ps", "ps")
    examples: ClassVar = ("service ps web",)

    services: Annotated[tuple[Name, ...], Argument("SERVICE")] = Field(min_length=1)
    no_trunc: bool = Field(False, description="show errors and digests in full")

    def run(self, context: Context) -> Message:
        """Two calls a service, and one for the nodes."""
        nodes = {node.id: node for node in context.swarm.nodes.list()}
        parts = []
        for name in self.services:
            service = context.swarm.services.find(name)
            tasks = context.swarm.services.tasks(service.id)
            parts.append(services.tasks(service, tasks, nodes, diagnose(tasks, nodes), context.now()))
        return services.together(parts)


class ServiceInspect(Query):
    """Show how a service is set up; values of variables stay hidden."""

    names: ClassVar = ("service inspect",)
    examples: ClassVar = ("service inspect web",)

    service: Annotated[Name, Argument("SERVICE")]
    pretty: bool = Field(False, description="accepted; the answer is always readable")

    def run(self, context: Context) -> Message:
        """Three calls to an engine."""
        service = context.swarm.services.find(self.service)
        nodes = {node.id: node for node in context.swarm.nodes.list()}
        return services.inspected(service, context.swarm.services.tasks(service.id), nodes)


class ServiceLogs(Query):
    """Show the last lines that a service wrote; nodes that did not answer are named."""

    names: ClassVar = ("service logs", "logs")
    examples: ClassVar = ("service logs web --tail 20",)

    service: Annotated[Name, Argument("SERVICE")]
    tail: Annotated[int, Option(("--tail", "-n"))] = Field(50, ge=1, le=1000, description="lines a task (default 50)")
    since: Duration | None = Field(None, description="only lines younger than this, such as 10m")

    def run(self, context: Context) -> Message:
        """Bounded in lines and in time, for the engine may never end the stream."""
        service = context.swarm.services.find(self.service)
        since = context.now() - self.since if self.since else None
        return services.logs(service, context.swarm.logs.service_log(service.id, self.tail, since))


COMMANDS: tuple[type[Command], ...] = (ServiceLs, ServicePs, ServiceInspect, ServiceLogs)
