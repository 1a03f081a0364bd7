"""The objects of the simulated Swarm, with the engine's filters over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tests.bench.simulation import shapes
from tests.bench.simulation.shapes import Json

Filters = Mapping[str, Collection[str]]

SERVICES_A_NODE = 2
TASKS_A_SERVICE = 25
REPLICAS = 20
"""The rest of a service's tasks are past: what ran before, up to five for each place."""


class UnknownFilterError(Exception):
    """A filter that the engine does not have for these objects."""


class UnknownObjectError(Exception):
    """A filter names a service or a node that is not there."""


@dataclass(slots=True)
class SimulatedTask:
    """A task, and its JSON as the engine writes it."""

    id: str
    service: int
    slot: int
    node: int
    desired: str
    up_to_date: bool
    body: bytes


class SimulatedSwarm:
    """So many nodes, with two services for each and 25 tasks for each service, of which 20 run.

    Everything is ready and runs, until `node_changes`.
    """

    def __init__(self, nodes: int) -> None:
        self.size = nodes
        self.managers = 3 if nodes <= 100 else 5
        self._nodes = [shapes.node(number, self.managers) for number in range(nodes)]
        self._services = [
            shapes.service(number, REPLICAS) for number in range(nodes * SERVICES_A_NODE)
        ]
        self._node_bodies = list(map(shapes.encoded, self._nodes))
        self._service_bodies = list(map(shapes.encoded, self._services))
        self.networks = [shapes.network(number) for number in range(shapes.STACKS + 1)]
        self._tasks = [list(self._tasks_of(number)) for number in range(len(self._services))]
        self._number_of_node = _numbers(self._nodes, _host_name)
        self._number_of_service = _numbers(self._services, _service_name)
        self._by_id = {task.id: task for tasks in self._tasks for task in tasks}
        self._on_node: list[list[SimulatedTask]] = [[] for _ in self._nodes]
        for task in self._by_id.values():
            self._on_node[task.node].append(task)

    # ---- what is asked

    def nodes(self, filters: Filters) -> Iterator[bytes]:
        """The JSON of the nodes that pass these filters."""
        checks = {
            "id": _begins(lambda raw: raw["ID"]),
            "name": _begins(_host_name),
            "role": _is(lambda raw: raw["Spec"]["Role"]),
            "membership": _is(_accepted),
            "label": _labelled(lambda raw: raw["Description"]["Engine"]["Labels"]),
            "node.label": _labelled(lambda raw: raw["Spec"]["Labels"]),
        }
        return _passing(self._nodes, self._node_bodies, checks, filters)

    def services(self, filters: Filters, *, with_status: bool) -> Iterator[bytes]:
        """The JSON of the services that pass these filters, with their counts of tasks if asked."""
        checks = {
            "id": _begins(lambda raw: raw["ID"]),
            "name": _begins(_service_name),
            "mode": _is(_mode),
            "label": _labelled(lambda raw: raw["Spec"]["Labels"]),
        }
        passing = _passing(self._services, self._service_bodies, checks, filters)
        counts = b',"ServiceStatus":{"RunningTasks":%d,"DesiredTasks":%d,"CompletedTasks":0}}' % (
            REPLICAS,
            REPLICAS,
        )
        return (body[:-1] + counts for body in passing) if with_status else passing

    def tasks(self, filters: Filters) -> Iterator[bytes]:
        """The JSON of the tasks that pass these filters."""
        known = {"id", "name", "service", "node", "desired-state", "_up-to-date", "label"}
        _refuse_unknown(filters, known | {"runtime"})
        desired, ids = filters.get("desired-state"), filters.get("id")
        current = filters.get("_up-to-date")
        for task in self._candidates(filters):
            if desired and task.desired not in desired:
                continue
            if ids and not task.id.startswith(tuple(ids)):
                continue
            if current and str(task.up_to_date).lower() not in current:
                continue
            yield task.body

    def node(self, name: str) -> bytes | None:
        """One node by its id, name, or the beginning of its id."""
        number = _found(self._number_of_node, name)
        return None if number is None else self._node_bodies[number]

    def service(self, name: str) -> bytes | None:
        """One service by its id, name, or the beginning of its id."""
        number = _found(self._number_of_service, name)
        return None if number is None else self._service_bodies[number]

    def task(self, task_id: str) -> bytes | None:
        """One task by its id."""
        task = self._by_id.get(task_id)
        return task.body if task else None

    def info(self) -> Json:
        """`GET /info` of the leader's engine."""
        leader = self._nodes[0]
        return {
            "ID": "simulated",
            "Name": leader["Description"]["Hostname"],
            "ServerVersion": shapes.ENGINE,
            "OSType": "linux",
            "Architecture": "x86_64",
            "Swarm": {
                "NodeID": leader["ID"],
                "NodeAddr": leader["Status"]["Addr"],
                "LocalNodeState": "active",
                "ControlAvailable": True,
                "Error": "",
                "RemoteManagers": [
                    {"NodeID": raw["ID"], "Addr": raw["ManagerStatus"]["Addr"]}
                    for raw in self._nodes[: self.managers]
                ],
                "Nodes": self.size,
                "Managers": self.managers,
                "Cluster": {
                    key: value for key, value in shapes.cluster().items() if key != "JoinTokens"
                },
            },
        }

    # ---- what happens

    def node_changes(self, number: int, state: str) -> Json:
        """Let a node become `down` or `ready`; returns what the event of it says."""
        before = self._nodes[number]["Status"]["State"]
        self._nodes[number] = shapes.node(number, self.managers, state)
        self._node_bodies[number] = shapes.encoded(self._nodes[number])
        attributes = {
            "name": shapes.host_name(number),
            "state.new": state,
            "state.old": before,
        }
        return {"ID": self._nodes[number]["ID"], "Attributes": attributes}

    # ---- parts

    def _tasks_of(self, service: int) -> Iterator[SimulatedTask]:
        running = shapes.task_halves(service, "2.0", "running", "running")
        past = shapes.task_halves(service, "1.0", "shutdown", "shutdown")
        failed = shapes.task_halves(service, "2.0", "failed", "shutdown")
        for index in range(TASKS_A_SERVICE):
            number = service * TASKS_A_SERVICE + index
            runs = index < REPLICAS
            slot = index % REPLICAS + 1
            # A step that shares no divisor with the sizes: a service's tasks lie far apart.
            node = (service * 7 + index * 37) % self.size
            task_id = shapes.object_id("task", number)
            halves = running if runs else failed if index == REPLICAS else past
            body = shapes.task(
                task_id, shapes.digest("container", number), slot, self._nodes[node]["ID"], halves
            )
            desired = "running" if runs else "shutdown"
            yield SimulatedTask(task_id, service, slot, node, desired, halves is not past, body)

    def _candidates(self, filters: Filters) -> Iterable[SimulatedTask]:
        """The tasks of the named services and nodes; all where none is named."""
        services = self._named("service", filters, self._number_of_service)
        nodes = self._named("node", filters, self._number_of_node)
        if services is not None:
            of_services = (task for number in services for task in self._tasks[number])
            return (task for task in of_services if nodes is None or task.node in nodes)
        if nodes is not None:
            return (task for number in nodes for task in self._on_node[number])
        return self._by_id.values()

    @staticmethod
    def _named(kind: str, filters: Filters, numbers: Mapping[str, int]) -> set[int] | None:
        if not (names := filters.get(kind)):
            return None
        numbered = {name: _found(numbers, name) for name in names}
        for name, number in numbered.items():
            if number is None:
                raise UnknownObjectError(f"{kind} {name} not found")
        return {number for number in numbered.values() if number is not None}


def read_filters(text: str) -> dict[str, list[str]]:
    """The filters of a request, in either of the two ways that clients write them."""
    raw = json.loads(text) if text else {}
    return {
        key: [value for value, wanted in values.items() if wanted]
        if isinstance(values, dict)
        else values
        for key, values in raw.items()
    }


Check = Callable[[Json, Collection[str]], bool]


def _passing(
    raws: list[Json], bodies: list[bytes], checks: Mapping[str, Check], filters: Filters
) -> Iterator[bytes]:
    _refuse_unknown(filters, {*checks, "runtime"})
    wanted = [(checks[key], values) for key, values in filters.items() if key in checks and values]
    return (
        body
        for raw, body in zip(raws, bodies, strict=True)
        if all(check(raw, values) for check, values in wanted)
    )


def _refuse_unknown(filters: Filters, known: Collection[str]) -> None:
    for key in filters:
        if key not in known:
            raise UnknownFilterError(f"invalid filter '{key}'")


def _begins(value_of: Callable[[Json], str]) -> Check:
    return lambda raw, values: value_of(raw).startswith(tuple(values))


def _is(value_of: Callable[[Json], str]) -> Check:
    return lambda raw, values: value_of(raw) in values


def _labelled(labels_of: Callable[[Json], Mapping[str, str]]) -> Check:
    def check(raw: Json, values: Collection[str]) -> bool:
        labels = labels_of(raw)
        pairs = [value.partition("=") for value in values]
        return all(
            key in labels and (not equals or labels[key] == value) for key, equals, value in pairs
        )

    return check


def _accepted(_: Json) -> str:
    return "accepted"


def _mode(_: Json) -> str:
    return "replicated"


def _host_name(raw: Json) -> str:
    return str(raw["Description"]["Hostname"])


def _service_name(raw: Json) -> str:
    return str(raw["Spec"]["Name"])


def _numbers(raws: list[Json], name_of: Callable[[Json], str]) -> dict[str, int]:
    numbers = {raw["ID"]: number for number, raw in enumerate(raws)}
    return numbers | {name_of(raw): number for number, raw in enumerate(raws)}


def _found(numbers: Mapping[str, int], name: str) -> int | None:
    """By id or name, else by the beginning of an id where there is only one."""
    if name in numbers:
        return numbers[name]
    beginning = {number for key, number in numbers.items() if key.startswith(name)}
    return beginning.pop() if len(beginning) == 1 and len(name) > 3 else None
