"""What surely fits is placed by Swarm's own rules too, whatever the nodes, labels and limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.model import Node, Service, Task
from bot.swarm.scheduler.capacity import Capacity
from bot.swarm.scheduler.moves import moves
from bot.swarm.scheduler.spare_room import surely_fit
from tests.unit.swarm.values import node, service, spec, task

MB = 1 << 20
NODES = tuple(
    replace(node(f"node{number}", memory=1000 * MB), labels={"zone": f"z{number % 2}"})
    for number in range(1, 6)
)


def reserving(name: str, megabytes: int, most: int = 0, constraint: str = "") -> Service:
    placement = {"MaxReplicas": most, "Constraints": [constraint] if constraint else []}
    reservations = {"Reservations": {"MemoryBytes": megabytes * MB}}
    return service(
        id=f"s-{name}", name=name, spec=spec(Resources=reservations, Placement=placement)
    )


def tasks_of(owner: Service, places: list[int]) -> list[Task]:
    return [
        task(slot, f"node{place}", service_id=owner.id, id=f"{owner.name}.{slot}")
        for slot, place in enumerate(places, 1)
    ]


def fits(services: list[Service], tasks: list[Task], lost: Node) -> bool:
    others = [node for node in NODES if node is not lost]
    leaving = Counter(task.service_id for task in tasks if task.node_id == lost.id)
    known = {service.id: service for service in services}
    return surely_fit(leaving, known, others, Capacity.of(NODES, tasks, services))


SERVICES = st.builds(
    reserving,
    st.just("a"),
    st.integers(0, 600),
    st.integers(0, 3),
    st.sampled_from(["", "node.labels.zone==z1", "node.labels.zone==z9"]),
)
PLACES = st.lists(st.integers(1, 5), max_size=12)


@given(st.lists(st.tuples(SERVICES, PLACES), min_size=1, max_size=3))
def test_what_surely_fits_is_placed(drawn: list[tuple[Service, list[int]]]) -> None:
    services = [
        replace(service, id=f"s-{number}", name=f"service{number}")
        for number, (service, _) in enumerate(drawn)
    ]
    tasks = [
        task
        for service, (_, places) in zip(services, drawn, strict=True)
        for task in tasks_of(service, places)
    ]
    lost = NODES[0]
    if fits(services, tasks, lost):
        leaving = {task.id for task in tasks if task.node_id == lost.id}
        moved = moves(NODES, NODES[1:], tasks, services)
        placed = [move for move in moved if leaving.intersection(move.tasks)]
        assert all(move.shortage is None for move in placed)


def test_much_room_is_seen_at_once_and_little_is_not_taken_for_it() -> None:
    small, large = reserving("small", 50), reserving("large", 700)
    assert fits([small], tasks_of(small, [1, 1, 2]), NODES[0])
    assert fits([], [], NODES[0])
    assert not fits([large], tasks_of(large, [1, 2, 3, 4, 5]), NODES[0])
    limited = reserving("limited", 1, most=1)
    assert not fits([limited], tasks_of(limited, [1, 2, 3, 4, 5]), NODES[0])
    assert fits([limited], tasks_of(limited, [1, 2, 3, 4]), NODES[0])
