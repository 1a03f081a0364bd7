"""Hand-made nodes, services and tasks for the tests of what is pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Availability,
    Image,
    Mode,
    Node,
    NodeRole,
    NodeState,
    Platform,
    Service,
    Task,
    TaskState,
    UpdateStatus,
)

NOW = datetime(2025, 11, 23, 8, 30, tzinfo=UTC)
V1 = Image("shop/web", "1.1", "sha256:" + "1" * 64)
V2 = Image("shop/web", "2.0", "sha256:" + "2" * 64)
AMD64 = Platform("linux", "amd64")
ARM64 = Platform("linux", "arm64")


def spec(image: Image = V2, **task_template: Any) -> dict[str, Any]:
    return {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": {"Image": str(image)}, **task_template},
    }


def service(
    mode: Mode = Mode.REPLICATED, replicas: int | None = 4, state: str = "", **fields: Any
) -> Service:
    """A service on 2.0; `state` is the engine's word on its update."""
    values: dict[str, Any] = {
        "id": "s1",
        "name": "web",
        "version": 17,
        "mode": mode,
        "image": V2,
        "spec": spec(),
        "replicas": None if mode in (Mode.GLOBAL, Mode.GLOBAL_JOB) else replicas,
        "update": UpdateStatus(state, "update in progress") if state else None,
    }
    return Service(**{**values, **fields})


def node(name: str, **fields: Any) -> Node:
    values: dict[str, Any] = {
        "id": f"id-{name}",
        "role": "worker",
        "availability": "active",
        "state": "ready",
        "platform": AMD64,
        "memory": 1 << 30,
        "nano_cpus": 2_000_000_000,
    }
    return Node(name=name, **of_swarm({**values, **fields}))


def of_swarm(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a node, with Swarm's words as the values that they stand for."""
    kinds = {"state": NodeState, "availability": Availability, "role": NodeRole}
    return {name: kinds.get(name, lambda value: value)(value) for name, value in fields.items()}


def nodes(*some: Node) -> dict[str, Node]:
    return {node.id: node for node in some}


FOUR = nodes(*(node(f"node{number}") for number in range(1, 5)))
_counter = iter(range(1_000_000))


def task(
    slot: int, on: str = "", state: str = "running", desired: str = "running", **fields: Any
) -> Task:
    """A task on 2.0 that is up to date; `on` is the name of its node.

    Each task is younger than the one made before it.
    """
    number = next(_counter)
    values: dict[str, Any] = {
        "id": f"t{number}",
        "service_id": "s1",
        "node_id": f"id-{on}" if on else "",
        "image": V2,
        "created": NOW + timedelta(microseconds=number),
    }
    return Task(
        slot=slot, state=TaskState(state), desired=TaskState(desired), **{**values, **fields}
    )


def old(
    slot: int, on: str = "", state: str = "running", desired: str = "running", **fields: Any
) -> Task:
    """A task that still runs 1.1."""
    return task(slot, on, state, desired, **{"image": V1, "up_to_date": False, **fields})
