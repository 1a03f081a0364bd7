"""Where more tasks would go, and what keeps them from a place."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model import Port
from bot.swarm.scheduler import room
from tests.unit.swarm.values import node, service, spec, task

NODES = [node("node1"), node("node2"), node("node3", availability="drain")]


def web(memory: int = 0, **fields: Any) -> Any:
    reserved = {"Reservations": {"MemoryBytes": memory}} if memory else None
    return service(spec=spec(Resources=reserved), **fields)


def test_they_go_where_the_fewest_of_the_service_run() -> None:
    tasks = [task(1, "node1"), task(2, "node1")]
    assert room.more(web(), 3, NODES, [], tasks).nodes == ("node2", "node2", "node1")


def test_a_drained_node_gets_none() -> None:
    assert "node3" not in room.more(web(), 5, NODES, [], []).nodes


def test_reservations_of_others_take_room() -> None:
    other = service(id="s2", spec=spec(Resources={"Reservations": {"MemoryBytes": 700 << 20}}))
    tasks = [task(1, "node1", service_id="s2")]
    found = room.more(web(300 << 20), 7, NODES, [other], tasks)
    assert found.nodes == ("node2", "node1", "node2", "node2")
    assert (found.short, found.why) == (3, "each reserves 300 MB, and no node has that much left")


def test_tasks_that_ended_take_no_room() -> None:
    other = service(id="s2", spec=spec(Resources={"Reservations": {"MemoryBytes": 1 << 30}}))
    tasks = [task(1, each, "failed", service_id="s2") for each in ("node1", "node2")]
    assert room.more(web(1 << 30), 2, NODES, [other], tasks).short == 0


def test_tasks_that_wait_for_a_place_come_first() -> None:
    one_each = service(spec=spec(Placement={"MaxReplicas": 1}))
    found = room.more(one_each, 2, NODES, [], [task(1, "", "pending")])
    assert (found.nodes, found.short) == (("node2",), 1)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"ports": (Port(80, 80, mode="host"),)}, "every node that may run it takes 1 at most"),
        (
            {"spec": spec(Placement={"MaxReplicas": 1})},
            "every node that may run it takes 1 at most",
        ),
        (
            {"spec": spec(Placement={"Constraints": ["node.labels.zone==moon"]})},
            "no node is Ready and Active and fulfils the constraints",
        ),
    ],
)
def test_why_there_is_no_room(fields: dict[str, Any], why: str) -> None:
    found = room.more(service(**fields), 3, NODES, [], [])
    assert found.why == why
    assert found.short == 3 - len(found.nodes)
