"""Which tasks leave when nodes change, and whether there is room for them elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Availability, Mode, Node, NodeRole, Port, Service, Task
from bot.render.objects.moving_tasks import shortages, summary
from bot.swarm.scheduler.moves import moves
from tests.unit.swarm.values import node, service, spec, task

MB = 1 << 20
NODES = tuple(node(f"node{number}", memory=1000 * MB) for number in range(1, 4))


def drained(name: str) -> list[Node]:
    return [
        replace(node, availability=Availability.DRAIN) if node.name == name else node
        for node in NODES
    ]


def named(name: str, number: int = 0, **fields: Any) -> Service:
    return service(id=f"s-{name}", name=name, **{"spec": spec(), "replicas": number or 1, **fields})


def on(
    owner: Service, *places: str, state: str = "running", desired: str = "running"
) -> list[Task]:
    return [
        task(slot, place, state, desired, service_id=owner.id, id=f"{owner.name}.{slot}")
        for slot, place in enumerate(places, 1)
    ]


def reserving(megabytes: int) -> dict[str, Any]:
    return spec(Resources={"Reservations": {"MemoryBytes": megabytes * MB}})


def test_a_drained_node_gives_its_tasks_away() -> None:
    web, agent = named("web"), named("agent", mode=Mode.GLOBAL)
    tasks = [*on(web, "node1", "node1", "node2"), *on(agent, "node1", "node2", "node3")]
    moved = moves(NODES, drained("node1"), tasks, [web, agent])
    assert [
        (move.service.name, move.tasks, move.placed, move.waiting, move.bound) for move in moved
    ] == [
        ("agent", ("agent.1",), 0, 0, True),
        ("web", ("web.1", "web.2"), 2, 0, False),
    ]
    assert summary(moved) == "2 tasks move: web 2 · ends there: agent"
    assert shortages(moved) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"availability": "pause"},
        {"labels": {"zone": "a"}},
        {"role": "manager"},
    ],
)
def test_other_changes_move_nothing(change: dict[str, Any]) -> None:
    web = named("web")
    after = [replace(NODES[0], **change), *NODES[1:]]
    assert moves(NODES, after, on(web, "node1", "node2"), [web]) == ()
    assert summary(()) == ""


def test_a_label_or_a_role_that_a_constraint_asks_for_moves_tasks() -> None:
    web = named("web", spec=spec(Placement={"Constraints": ["node.labels.zone==a"]}))
    nodes = [replace(node, labels={"zone": "a"}) for node in NODES[:2]] + [NODES[2]]
    moved = moves(
        nodes, [replace(nodes[0], labels={}), *nodes[1:]], on(web, "node1", "node2"), [web]
    )
    assert [(move.tasks, move.placed) for move in moved] == [(("web.1",), 1)]
    boss = named("boss", spec=spec(Placement={"Constraints": ["node.role==manager"]}))
    chief = replace(NODES[0], role=NodeRole.MANAGER)
    moved = moves([chief, *NODES[1:]], NODES, on(boss, "node1"), [boss])
    assert [(move.tasks, move.able) for move in moved] == [(("boss.1",), False)]
    assert shortages(moved) == (
        (
            "boss: its task would wait, for no other node is Ready and Active and fulfils its "
            "constraints"
        ),
    )


def test_a_node_that_goes_takes_its_tasks_along() -> None:
    web = named("web")
    assert [move.tasks for move in moves(NODES, NODES[1:], on(web, "node1", "node2"), [web])] == [
        ("web.1",)
    ]


@pytest.mark.parametrize(
    ("state", "desired"),
    [
        ("complete", "running"),
        ("failed", "running"),
        ("running", "shutdown"),
        ("running", "remove"),
    ],
)
def test_tasks_that_are_over_do_not_move(state: str, desired: str) -> None:
    web = named("web")
    assert (
        moves(NODES, drained("node1"), on(web, "node1", state=state, desired=desired), [web]) == ()
    )


def test_tasks_without_a_node_or_a_service_do_not_move() -> None:
    web = named("web")
    assert moves(NODES, drained("node1"), [*on(web, ""), *on(named("gone"), "node1")], [web]) == ()


def test_reservations_are_counted_not_usage() -> None:
    big = named("big", spec=reserving(600))
    moved = moves(NODES, drained("node1"), on(big, "node1", "node2"), [big])
    assert [(move.placed, move.waiting) for move in moved] == [(1, 0)]
    moved = moves(NODES, drained("node1"), on(big, "node1", "node2", "node3"), [big])
    (said,) = shortages(moved)
    assert said.startswith(
        "big: its task would wait, for the other nodes have no room left for what it reserves."
    )
    assert said.endswith("Lower `--reserve-memory`, or add a node")


def test_the_largest_are_placed_first() -> None:
    big, small = named("big", spec=reserving(900)), named("small", spec=reserving(200))
    tasks = [*on(small, "node1", "node1"), *on(big, "node1")]
    moved = moves(NODES, drained("node1"), tasks, [big, small])
    assert sum(move.waiting for move in moved) == 0


def test_host_ports_and_the_most_per_node_take_room_too() -> None:
    web = named("web", ports=(Port(80, 8080, mode="host"),))
    moved = moves(NODES, drained("node1"), on(web, "node1", "node2"), [web])
    assert [move.waiting for move in moved] == [0]
    moved = moves(NODES, drained("node1"), on(web, "node1", "node2", "node3"), [web])
    assert [move.waiting for move in moved] == [1]
    single = named("single", spec=spec(Placement={"MaxReplicas": 1}))
    moved = moves(NODES, drained("node1"), on(single, "node1", "node2", "node3"), [single])
    assert shortages(moved) == (
        "single: its task would wait, for the other nodes hold as many as they may. Add a node",
    )


sizes = st.lists(
    st.tuples(st.integers(0, 700), st.sampled_from(["node1", "node2", "node3"])), max_size=12
)


@given(sizes, st.sampled_from(["node1", "node2", "node3"]))
def test_no_node_is_filled_beyond_what_it_has(placed: list[tuple[int, str]], gone: str) -> None:
    services = [
        named(f"s{number}", spec=reserving(size)) for number, (size, _) in enumerate(placed)
    ]
    tasks = [
        task
        for owner, (_, place) in zip(services, placed, strict=True)
        for task in on(owner, place)
    ]
    moved = moves(NODES, drained(gone), tasks, services)
    assert sorted(move.service.name for move in moved) == sorted(
        owner.name for owner, (_, place) in zip(services, placed, strict=True) if place == gone
    )
    free = sum(
        max(0, 1000 - sum(size for size, place in placed if place == name))
        for name in {"node1", "node2", "node3"} - {gone}
    )
    sizes_of = {owner.name: size for owner, (size, _) in zip(services, placed, strict=True)}
    assert sum(sizes_of[move.service.name] for move in moved if move.placed) <= free
    assert all(move.placed + move.waiting == len(move.tasks) for move in moved)
