"""Looking at nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.fields import Argument, Name
from bot.command.model import Command, Context, Query
from bot.model import Message, Node, Service, Task, TaskState
from bot.render.objects import node_sheet, nodes, placed_tasks
from bot.render.slack import blocks
from bot.swarm.spec import read


class NodeLs(Query):
    """List the nodes: state, availability, manager status, number of tasks."""

    names: ClassVar = ("node ls", "nodes", "node list")

    def run(self, context: Context) -> Message:
        """Two calls to an engine: the nodes, and the tasks that should run."""
        tasks = context.swarm.services.tasks(running=True)
        counts = Counter(task.node_id for task in tasks if task.state == TaskState.RUNNING)
        return nodes.listed(context.swarm.nodes.list(), counts, context.now())


class NodePs(Query):
    """List the tasks on nodes: what runs there and what did, with errors; `self` is the node that
    answers."""

    names: ClassVar = ("node ps",)
    about_services: ClassVar = True
    examples: ClassVar = ("node ps node4", "node ps self")

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = ("self",)
    no_trunc: bool = Field(False, description="errors in full")

    def run(self, context: Context) -> Message:
        """Two calls a node, and one for the services."""
        view = placed_tasks.TaskContext(_services(context), context.now(), whole=self.no_trunc)
        members = [context.swarm.nodes.find(name) for name in self.nodes]
        return blocks.together(
            [placed_tasks.on_node(node, _tasks(context, node), view) for node in members]
        )


class NodeInspect(Query):
    """Show nodes in detail: role and Raft status, labels, resources and what is reserved of them,
    what runs there."""

    names: ClassVar = ("node inspect",)
    examples: ClassVar = ("node inspect node2", "node inspect self")

    nodes: Annotated[tuple[Name, ...], Argument("NODE")] = Field(min_length=1)
    pretty: bool = Field(False, description="accepted; the answer is always readable")

    def run(self, context: Context) -> Message:
        """Two calls a node, and two more."""
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
