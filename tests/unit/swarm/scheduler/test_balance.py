"""Whether the tasks of a service lie as evenly as they could."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import Mode, Node, Port, Service, Task
from bot.swarm.scheduler.balance import Spread, spreads, unused
from bot.swarm.scheduler.layout import TaskLayout
from tests.unit.swarm.values import AMD64, ARM64, node, service, spec, task

MB = 1 << 20
NODES = tuple(node(f"node{number}", memory=1000 * MB) for number in range(1, 5))
ZONES = tuple(
    replace(node, labels={"zone": "a" if node.name == "node1" else "b"}) for node in NODES
)
SPREAD = {"Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}]}


def on(
    *counts: int, of: str = "s1", state: str = "running", desired: str = "running"
) -> list[Task]:
    """So many tasks on node1, node2, and so on."""
    places = [f"node{number}" for number, count in enumerate(counts, 1) for _ in range(count)]
    return [
        task(slot, place, state, desired, service_id=of) for slot, place in enumerate(places, 1)
    ]


def lies(
    tasks: list[Task], nodes: tuple[Node, ...] = NODES, *others: Service, **fields: Any
) -> Spread:
    services = [service(**fields), *others]
    spread_services = spreads(services, nodes, tasks)
    assert TaskLayout.of(services, nodes, tasks).uneven == tuple(
        spread_service.service for spread_service in spread_services if spread_service.uneven
    )
    return spread_services[0]


def placed(**placement: Any) -> dict[str, Any]:
    return spec(Placement=placement)


def changed(number: int, **fields: Any) -> tuple[Node, ...]:
    """The four nodes, one of them otherwise."""
    return tuple(
        replace(node, **fields) if node.name == f"node{number}" else node for node in NODES
    )


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2, 1, 1, 0), True),
        ((4, 0, 0, 0), True),
        ((2, 0, 0, 0), True),
        ((3, 3, 3, 1), True),
        ((1, 1, 1, 1), False),
        ((2, 1, 1, 1), False),
        ((1, 1, 1, 0), False),
        ((1, 0, 0, 0), False),
        ((0, 0, 0, 0), False),
    ],
)
def test_a_difference_of_two_is_uneven(counts: tuple[int, ...], expected: bool) -> None:
    assert lies(on(*counts)).uneven is expected


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        (changed(4, state="down"), "not Ready"),
        (changed(4, availability="pause"), "paused"),
        (changed(4, availability="drain"), "drained"),
        (changed(4, memory=100 * MB), "no room"),
        (changed(4, platform=ARM64), "another platform"),
        (changed(4, labels={"disk": "slow"}), "a constraint"),
    ],
)
def test_a_node_that_could_take_none_counts_for_nothing(nodes: tuple[Node, ...], why: str) -> None:
    needs = spec(
        Placement={
            "Constraints": ["node.labels.disk!=slow"],
            "Platforms": [{"OS": AMD64.os, "Architecture": "amd64"}],
        },
        Resources={"Reservations": {"MemoryBytes": 200 * MB}},
    )
    assert lies(on(2, 1, 1, 0), spec=needs).uneven
    assert not lies(on(2, 1, 1, 0), nodes, spec=needs).uneven, why


def test_what_others_reserve_takes_room() -> None:
    needs = spec(Resources={"Reservations": {"MemoryBytes": 300 * MB}})
    big = service(
        id="s2", name="big", spec=spec(Resources={"Reservations": {"MemoryBytes": 900 * MB}})
    )
    tasks = [*on(2, 1, 1, 0), *on(0, 0, 0, 1, of="s2")]
    assert lies(on(2, 1, 1, 0), spec=needs).uneven
    assert not lies(tasks, NODES, big, spec=needs).uneven


def test_where_each_node_takes_only_so_many() -> None:
    assert lies(on(1, 1, 1, 1), ZONES, spec=placed(**SPREAD, MaxReplicas=2)).uneven
    assert not lies(on(1, 1, 1, 1), ZONES, spec=placed(**SPREAD, MaxReplicas=1)).uneven
    port = Port(8080, 80, mode="host")
    holder = service(id="s2", name="holder", ports=(port,))
    assert not lies([*on(2, 0), *on(0, 1, 1, 1, of="s2")], NODES, holder, ports=(port,)).uneven


def test_a_paused_node_keeps_what_it_runs() -> None:
    placed_tasks = lies(on(3, 1, 1, 1), changed(1, availability="pause"))
    assert not placed_tasks.uneven
    assert placed_tasks.words == "3 on node1, 1 on node2, 1 on node3, 1 on node4"


def test_every_branch_gets_as_many_as_the_next() -> None:
    assert not lies(on(2, 1, 1, 0), ZONES, spec=placed(**SPREAD)).uneven
    assert lies(on(1, 1, 1, 1), ZONES, spec=placed(**SPREAD)).uneven
    assert lies(on(2, 2, 0, 0), ZONES, spec=placed(**SPREAD)).uneven
    assert lies(on(2, 1, 1, 0), ZONES).uneven


def test_one_task_may_move_to_a_node_that_runs_less() -> None:
    busy = [*on(1, 0, 0, 0), *on(3, 3, 3, 0, of="s2")]
    spread_services = spreads(
        [service(replicas=1), service(id="s2", name="api", replicas=9)], NODES, busy
    )
    assert [
        (spread_service.uneven, spread_service.movable) for spread_service in spread_services
    ] == [(False, True), (True, False)]
    assert not lies(on(1, 0, 0, 0)).movable
    assert not lies([*on(1, 0, 0, 0), *on(1, 1, 1, 1, of="s2")], NODES, service(id="s2")).movable


@pytest.mark.parametrize("mode", [Mode.GLOBAL, Mode.GLOBAL_JOB, Mode.REPLICATED_JOB])
def test_only_replicated_services_are_judged(mode: Mode) -> None:
    assert spreads([service(mode)], NODES, on(4, 0, 0, 0)) == ()


def test_what_has_ended_or_waits_lies_nowhere() -> None:
    tasks = [
        *on(1, 1),
        *on(2, state="failed"),
        *on(2, desired="shutdown"),
        task(9),
        *on(0, 5, of="gone"),
    ]
    assert lies(tasks).tasks == (("node1", 1), ("node2", 1), ("node3", 0), ("node4", 0))
    assert lies([], ()).words == "no task has a node"


def test_nodes_that_run_nothing() -> None:
    drained = changed(2, availability="drain")
    assert unused(TaskLayout.of((), NODES, on(1, 0, 1))) == ("node2", "node4")
    assert unused(TaskLayout.of((), drained, on(1, 0, 1))) == ("node4",)
