"""What tasks take of their nodes, and whether one more finds room there; pure. Swarm counts
reservations, not usage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.model import Node, Service, Task
from bot.swarm.scheduler import constraints


@dataclass
class Load:
    """What is still free on each node (bytes, nano CPUs), which tasks lie there, and which host
    ports they hold.

    `tasks` counts by service and node, `every` by node alone (all by their ids).
    """

    memory: dict[str, int]
    cpus: dict[str, int]
    tasks: Counter[tuple[str, str]] = field(default_factory=Counter)
    every: Counter[str] = field(default_factory=Counter)
    ports: defaultdict[str, set[tuple[int, str]]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(
        cls, nodes: Iterable[Node], tasks: Iterable[Task], services: Mapping[str, Service]
    ) -> Load:
        """The load when these tasks stay where they are."""
        listed = tuple(nodes)
        load = cls(
            {node.id: node.memory for node in listed}, {node.id: node.nano_cpus for node in listed}
        )
        for task in tasks:
            if task.node_id in load.memory:
                load.put(services[task.service_id], task.node_id)
        return load

    def take(self, service: Service, able: Iterable[Node]) -> bool:
        """Put one more task on the node that has the fewest of them and room; False where none
        has."""
        fitting = [node.id for node in able if self.has_room(service, node.id)]
        if not fitting:
            return False
        self.put(
            service,
            min(fitting, key=lambda node: (self.tasks[service.id, node], -self.memory[node])),
        )
        return True

    def put(self, service: Service, node_id: str) -> None:
        """Count one task as running there."""
        memory, cpus = constraints.reservation(service.spec)
        self.memory[node_id] -= memory
        self.cpus[node_id] -= cpus
        self.tasks[service.id, node_id] += 1
        self.every[node_id] += 1
        self.ports[node_id] |= _host_ports(service)

    def has_room(self, service: Service, node_id: str) -> bool:
        """Whether one more of its tasks finds room on the node."""
        memory, cpus = constraints.reservation(service.spec)
        most = constraints.most_per_node(service.spec)
        return (
            (not memory or memory <= self.memory[node_id])
            and (not cpus or cpus <= self.cpus[node_id])
            and (not most or self.tasks[service.id, node_id] < most)
            and not _host_ports(service) & self.ports[node_id]
        )


def _host_ports(service: Service) -> set[tuple[int, str]]:
    return {
        (port.published, port.protocol)
        for port in service.ports
        if port.mode == "host" and port.published
    }
