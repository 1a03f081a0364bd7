"""Looking at nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.fields import Argument, Name
from bot.command.list_flags import InspectFlags, ListFlags, TaskListFlags
from bot.command.model import Command, Context, Query
from bot.model import Message, Node, Service, Task, TaskState
from bot.model.english import as_of
from bot.render.cli import objects
from bot.render.cli.listing import none_fits
from bot.render.objects import node_sheet, nodes, placed_tasks
from bot.render.slack import blocks
from bot.swarm import filters
from bot.swarm.spec import read


class NodeLs(ListFlags, Query):
    """List the nodes: state, availability, manager status, number of tasks."""

    names: ClassVar = ("node ls", "nodes", "node list")
    conditions: ClassVar = filters.NODES
    examples: ClassVar = ("node ls", "node ls --filter role=manager -q")

    def run(self, context: Context) -> Message:
        """Two calls to an engine: the nodes, and the tasks that should run, or who answers; of
        many, the watch may have seen them just now."""
        seen = context.swarm.nodes.lately()
        listed = self.kept(seen.value)
        if self.printed:
            answering = context.swarm.nodes.answering()
            return self.print(objects.nodes(listed, answering), self.full_name())
        if self.filter and not listed:
            return none_fits("node", self.filter)
        running = context.swarm.services.running_by_node()
        ages = as_of(seen.ago), as_of(running.ago, "tasks")
        return nodes.listed(listed, running.value, context.now(), ages=ages)


class NodePs(TaskListFlags, Query):
    """List the tasks on nodes: what runs there and what did, with errors; `self` is the node that
    answers."""

    names: ClassVar = ("node ps",)
    about_services: ClassVar = True
    examples: ClassVar = ("node ps node4", "node ps self")

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = ("self",)

    def run(self, context: Context) -> Message:
        """Two calls a node, and one for the services."""
        members = [context.swarm.nodes.find(name) for name in self.nodes]
        services, tasks = _services(context), [_tasks(context, node) for node in members]
        known = {node.id: node for node in members}
        fitting = self.fitting((task for its in tasks for task in its), services, known)
        if self.printed:
            return self.print_tasks(fitting, self.full_name(), context.now())
        if self.filter and not fitting:
            return none_fits("task", self.filter)
        only = {named.task.id for named in fitting} if self.filter else None
        view = placed_tasks.TaskContext(services, context.now(), whole=self.no_trunc, only=only)
        return blocks.together(
            [
                placed_tasks.on_node(node, its, view)
                for node, its in zip(members, tasks, strict=True)
            ]
        )


class NodeInspect(InspectFlags, Query):
    """Show nodes in detail: role and Raft status, labels, resources and what is reserved of them,
    what runs there."""

    names: ClassVar = ("node inspect",)
    examples: ClassVar = ("node inspect node2", "node inspect self")

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = Field(min_length=1)

    def run(self, context: Context) -> Message:
        """Two calls a node, and two more; for what the engine says one more a node alone."""
        if self.printed:
            members = [context.swarm.nodes.find(name) for name in self.nodes]
            documents = [context.swarm.nodes.document(node) for node in members]
            return self.print(documents, self.full_name())
        services, answering = _services(context), context.swarm.nodes.answering()
        return blocks.together(
            [self._sheet(context, name, services, answering) for name in self.nodes]
        )

    def _sheet(
        self, context: Context, name: str, services: Mapping[str, Service], answering: str
    ) -> Message:
        node = context.swarm.nodes.find(name)
        tasks = [task for task in _tasks(context, node) if task.desired == TaskState.RUNNING]
        needs = [
            read.reserved(services[task.service_id].spec)
            for task in tasks
            if task.service_id in services
        ]
        reserved = (sum(need.memory for need in needs), sum(need.nano_cpus for need in needs))
        return node_sheet.inspected(node, tasks, services, reserved, node.id == answering)


COMMANDS: tuple[type[Command], ...] = (NodeLs, NodePs, NodeInspect)


def _tasks(context: Context, node: Node) -> tuple[Task, ...]:
    return context.swarm.services.tasks(node_id=node.id)


def _services(context: Context) -> Mapping[str, Service]:
    return {service.id: service for service in context.swarm.services.list()}
