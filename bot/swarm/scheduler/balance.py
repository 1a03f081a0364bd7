"""Whether the tasks of a replicated service lie as evenly as they could; pure.

Swarm moves nothing that runs: a node that came back gets new tasks only. A forced update places all
of them anew, each on the node that runs the fewest of its service, and of those on the one that
runs the fewest of all. Spread preferences come first: then every branch, a zone for one, gets as
many as the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.model import Node, Service, Task
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout


@dataclass(frozen=True, slots=True)
class Spread:
    """How the tasks of a service lie: their number by name of node, on all nodes that may run it or
    do.

    `uneven`: a node that could take one more runs at least two fewer than another. `movable`: none
    does, but such a node runs one fewer of it and fewer of all services, so that a task that is
    placed anew would go there.
    """

    service: Service
    tasks: tuple[tuple[str, int], ...]
    uneven: bool = False
    movable: bool = False

    @property
    def words(self) -> str:
        """`3 on node1, 1 on node2, 0 on node4`: the most first."""
        return ", ".join(f"{count} on {node}" for node, count in self.tasks) or "no task has a node"


def spreads(
    services: Iterable[Service], nodes: Iterable[Node], tasks: Iterable[Task]
) -> tuple[Spread, ...]:
    """How every replicated service lies, in their order. `tasks`: all that are meant to run, of all
    services."""
    layout = TaskLayout.of(services, nodes, tasks)
    return tuple(_spread(layout, service) for service in layout.replicated)


@kept_with_layout
def movable(layout: TaskLayout) -> frozenset[str]:
    """The services (ids) of which `spreads` says that they are movable."""
    return frozenset(service.id for service in layout.replicated if layout.is_movable(service))


@kept_with_layout
def unused(layout: TaskLayout) -> tuple[str, ...]:
    """Names of the nodes that could run tasks, and run none."""
    return tuple(
        node.name
        for node in layout.nodes.values()
        if node.takes_tasks and node.id not in layout.used
    )


def _spread(layout: TaskLayout, service: Service) -> Spread:
    own, able = layout.capacity.own(service.id), layout.eligible(service.spec).ids
    listed = [
        (node.name, own[node.id])
        for node in layout.nodes.values()
        if node.id in able or own[node.id]
    ]
    ordered = sorted(listed, key=lambda count: (-count[1], count[0]))
    return Spread(service, tuple(ordered), layout.is_uneven(service), layout.is_movable(service))
