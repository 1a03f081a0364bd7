"""Which objects a `--filter` of the Docker CLI lets through, as Swarm's managers judge it; pure.

From moby's `daemon/cluster/filters.go` and swarmkit's control API: names and ids are beginnings,
but for those of networks, of which any part is enough; several values of one filter are
alternatives, but labels, of which each has to be there; several filters have to hold together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.model import Node, Service, Task
from bot.model.cluster import Network

T = TypeVar("T")
Conditions = Mapping[str, Callable[[Any, str], bool]]
"""The filters of a list by name: whether an object fits a value."""
_TOGETHER = ("label", "node.label")


@dataclass(frozen=True, slots=True)
class NamedTask:
    """A task with its name (`web.1`) and the name of its node."""

    task: Task
    name: str
    node: str


def named(task: Task, services: Mapping[str, Service], nodes: Mapping[str, Node]) -> NamedTask:
    """A task with its names; services and nodes by id."""
    service, node = services.get(task.service_id), nodes.get(task.node_id)
    begin = service.name if service else task.service_id
    name = f"{begin}.{task.slot or task.node_id}"
    return NamedTask(task, name, node.name if node else task.node_id)


def kept(objects: Iterable[T], texts: Sequence[str], conditions: Conditions) -> tuple[T, ...]:
    """The objects that fit every filter; `texts` are `name=value`, with names of `conditions`."""
    wanted: dict[str, list[str]] = {}
    for text in texts:
        name, _, value = text.partition("=")
        wanted.setdefault(name.strip().lower(), []).append(value.strip())
    return tuple(
        object_
        for object_ in objects
        if all(
            (all if name in _TOGETHER else any)(
                conditions[name](object_, value) for value in values
            )
            for name, values in wanted.items()
        )
    )


def _has_label(labels: Mapping[str, str], wanted: str) -> bool:
    """`key`, or `key=value`."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


_NAMED: Conditions = {
    "id": lambda object_, value: object_.id.startswith(value),
    "name": lambda object_, value: object_.name.startswith(value),
    "label": lambda object_, value: _has_label(object_.labels, value),
}


def _service_mode(service: Service, value: str) -> bool:
    return str(service.mode) == value


def _node_labels(node: Node, value: str) -> bool:
    return _has_label(node.labels, value)


def _engine_labels(node: Node, value: str) -> bool:
    return _has_label(node.engine_labels, value)


def _task_node(named: NamedTask, value: str) -> bool:
    return value in (named.node, named.task.node_id)


def _network_type(network: Network, value: str) -> bool:
    """Of the networks of the Swarm only the routing mesh is built in."""
    return value == ("builtin" if network.ingress else "custom")


SERVICES: Conditions = {**_NAMED, "mode": _service_mode}
NODES: Conditions = {
    **_NAMED,
    "label": _engine_labels,
    "node.label": _node_labels,
    "role": lambda node, value: str(node.role) == value,
    "membership": lambda _, value: value == "accepted",
}
TASKS: Conditions = {
    "id": lambda named, value: named.task.id.startswith(value),
    "name": lambda named, value: f"{named.name}.{named.task.id}".startswith(value),
    "node": _task_node,
    "desired-state": lambda named, value: str(named.task.desired) == value,
}
STORED: Conditions = dict(_NAMED)
NETWORKS: Conditions = {
    "id": lambda network, value: value in network.id,
    "name": lambda network, value: value in network.name,
    "label": _NAMED["label"],
    "driver": lambda network, value: network.driver == value,
    "scope": lambda network, value: network.scope == value,
    "type": _network_type,
}
