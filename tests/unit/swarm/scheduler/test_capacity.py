"""Where more tasks would go, and what keeps them from a place."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Mode, Port, Resources, Service, Task
from bot.model.placement import Placement, ShortageKind
from bot.render.objects.placement_cautions import shortage_in_words
from bot.swarm.scheduler.capacity import Capacity, Need, more
from bot.swarm.scheduler.constraints import eligible
from bot.swarm.scheduler.fill import NodeRoom, fill
from tests.unit.swarm.values import AMD64, ARM64, node, service, spec, task

NODES = [node("node1"), node("node2"), node("node3", availability="drain")]
GPU = {"GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 2}}]}


def web(memory: int = 0, **fields: Any) -> Service:
    reserved = {"Reservations": {"MemoryBytes": memory}} if memory else None
    return service(spec=spec(Resources=reserved), **fields)


def on_host(port: int, **fields: Any) -> Service:
    return service(ports=(Port(80, port, mode="host"),), **fields)


def arm() -> Service:
    platforms = [{"OS": ARM64.os, "Architecture": ARM64.architecture}]
    return service(spec=spec(Placement={"Platforms": platforms}))


def why(placement: Placement) -> ShortageKind | None:
    return placement.shortage.kind if placement.shortage else None


def words(placement: Placement) -> str:
    return shortage_in_words(placement.shortage) if placement.shortage else ""


def test_they_go_where_the_fewest_of_the_service_run() -> None:
    tasks = [task(1, "node1"), task(2, "node1")]
    assert more(web(), 3, NODES, [], tasks).nodes == (("node2", 2), ("node1", 1))


def test_of_nodes_with_as_many_the_one_that_runs_the_fewest_of_all_comes_first() -> None:
    tasks = [task(1, "node1", service_id="other")]
    assert more(web(), 1, NODES, [], tasks).nodes == (("node2", 1),)


def test_a_drained_node_gets_none() -> None:
    assert "node3" not in dict(more(web(), 5, NODES, [], []).nodes)


def test_reservations_of_others_take_room() -> None:
    other_service = service(
        id="s2", spec=spec(Resources={"Reservations": {"MemoryBytes": 700 << 20}})
    )
    tasks = [task(1, "node1", service_id="s2")]
    placement = more(web(300 << 20), 7, NODES, [other_service], tasks)
    assert why(placement) == ShortageKind.RESERVATION
    assert (placement.nodes, placement.short) == ((("node2", 3), ("node1", 1)), 3)
    assert words(placement) == "each reserves 300 MB, and no node has that much left"


def test_tasks_that_ended_take_no_room() -> None:
    other_service = service(
        id="s2", spec=spec(Resources={"Reservations": {"MemoryBytes": 1 << 30}})
    )
    tasks = [task(1, name, "failed", service_id="s2") for name in ("node1", "node2")]
    assert more(web(1 << 30), 2, NODES, [other_service], tasks).short == 0


def test_tasks_that_wait_for_a_place_come_first() -> None:
    one_a_node = service(spec=spec(Placement={"MaxReplicas": 1}))
    placement = more(one_a_node, 2, NODES, [], [task(1, "", "pending")])
    assert (placement.nodes, placement.short) == ((("node2", 1),), 1)


def test_a_host_port_that_another_service_holds_is_no_place() -> None:
    holder = on_host(8080, id="s2", name="holder")
    placement = more(on_host(8080), 2, NODES, [holder], [task(1, "node1", service_id="s2")])
    assert why(placement) == ShortageKind.HOST_PORT
    assert (placement.nodes, placement.short) == ((("node2", 1),), 1)
    assert words(placement) == "port 8080 is taken on every node that may run it"
    assert more(on_host(8081), 2, NODES, [holder], [task(1, "node1", service_id="s2")]).short == 0
    udp = service(ports=(Port(53, 8080, "udp", "host"),))
    assert more(udp, 2, NODES, [holder], [task(1, "node1", service_id="s2")]).short == 0


def test_another_architecture_is_no_place() -> None:
    nodes = [node("node1", platform=AMD64), node("node2", platform=ARM64)]
    assert more(arm(), 3, nodes, [], []).nodes == (("node2", 3),)
    placement = more(arm(), 3, nodes[:1], [], [])
    assert why(placement) == ShortageKind.PLATFORM
    assert (placement.nodes, placement.short) == ((), 3)
    assert words(placement) == (
        "the image is for linux/arm64, and no node that fulfils the constraints is"
    )


def test_generic_resources_are_counted_too() -> None:
    needs = service(spec=spec(Resources={"Reservations": GPU}))
    nodes = [node("node1", generic={"gpu": 5}), node("node2")]
    placement = more(needs, 3, nodes, [needs], [task(1, "node1")])
    assert why(placement) == ShortageKind.RESERVATION
    assert (placement.nodes, placement.short) == ((("node1", 1),), 2)
    assert words(placement) == "each reserves 2 gpu, and no node has that much left"


@pytest.mark.parametrize(
    ("fields", "expected"),
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
def test_why_there_is_no_room(fields: dict[str, Any], expected: str) -> None:
    placement = more(service(**fields), 3, NODES, [], [])
    assert words(placement) == expected
    assert placement.short == 3 - placement.placed


@pytest.mark.parametrize("mode", [Mode.GLOBAL, Mode.GLOBAL_JOB, Mode.REPLICATED_JOB])
def test_of_other_modes_nothing_is_said(mode: Mode) -> None:
    assert more(service(mode), 3, [], [], []) == Placement()


def test_a_node_on_which_more_is_reserved_than_it_has_takes_none() -> None:
    big = service(id="s2", spec=spec(Resources={"Reservations": {"MemoryBytes": 2 << 30}}))
    capacity = Capacity.of(NODES, [task(1, "node1", service_id="s2")], [big])
    assert capacity.left("id-node1") == Resources(-(1 << 30), 2_000_000_000)
    assert capacity.room(Need.of(web(1)), "id-node1", 9) == 0
    assert capacity.room(Need.of(web()), "id-node1", 9) == 9


def test_spread_preferences_come_before_nodes() -> None:
    nodes = [
        node(name, labels={"zone": zone})
        for name, zone in (("node1", "a"), ("node2", "b"), ("node3", "b"), ("node4", "b"))
    ]
    zones = [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}]
    spread = service(spec=spec(Placement={"Preferences": zones}))
    assert dict(more(spread, 6, nodes, [], []).nodes) == {
        "node1": 3,
        "node2": 1,
        "node3": 1,
        "node4": 1,
    }
    full = service(spec=spec(Placement={"Preferences": zones, "MaxReplicas": 1}))
    assert more(full, 6, nodes, [], []).placed == 4


# ---- arithmetic, not a loop over tasks


def one_by_one(places: list[NodeRoom], count: int) -> list[int]:
    """The plain loop: each task goes where the fewest are, as Swarm's scheduler does it."""
    given = [0] * len(places)
    for _ in range(count):
        open_places = [
            (place.own + given[index], place.every + given[index], place.name, index)
            for index, place in enumerate(places)
            if given[index] < place.room
        ]
        if not open_places:
            break
        given[min(open_places)[-1]] += 1
    return given


numbers = st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 8))


@given(st.lists(numbers, max_size=7), st.integers(0, 40))
def test_filling_is_the_same_as_one_task_after_the_other(
    several: list[tuple[int, int, int]], count: int
) -> None:
    places = [NodeRoom(f"n{index}", *values) for index, values in enumerate(several)]
    assert fill(places, count) == one_by_one(places, count)


sizes = st.sampled_from([0, 100, 300, 500])


@given(
    st.lists(st.sampled_from([400, 1000, 1024]), min_size=1, max_size=5),
    sizes,
    sizes,
    st.integers(0, 3),
    st.lists(st.integers(0, 4), max_size=8),
    st.integers(0, 30),
)
def test_placing_many_is_the_same_as_placing_one_after_the_other(
    memories: list[int], needed: int, taken: int, most: int, busy: list[int], count: int
) -> None:
    nodes = [node(f"node{n}", memory=memory << 20) for n, memory in enumerate(memories)]
    wanted = service(
        spec=spec(
            Placement={"MaxReplicas": most},
            Resources={"Reservations": {"MemoryBytes": needed << 20}},
        )
    )
    other_service = service(
        id="s2", spec=spec(Resources={"Reservations": {"MemoryBytes": taken << 20}})
    )
    tasks = [task(1, f"node{n}", service_id="s2") for n in busy if n < len(nodes)]
    at_once = Capacity.of(nodes, tasks, [other_service]).place(wanted, count)
    ledger, alone = Capacity.of(nodes, tasks, [other_service]), Counter[str]()
    for _ in range(count):
        alone.update(dict(ledger.place(wanted, 1).nodes))
    assert Counter(dict(at_once.nodes)) == alone
    assert at_once.short == count - alone.total()


def test_a_hundred_thousand_more_tasks_are_no_more_work_than_ten() -> None:
    nodes = [node(f"node{n}", memory=64 << 30) for n in range(1000)]
    tasks: list[Task] = [task(n, f"node{n % 1000}", service_id="s2") for n in range(2000)]
    capacity = Capacity.of(nodes, tasks, [])
    began = time.thread_time()
    placement = capacity.place(web(1 << 20), 100_000)
    took = time.thread_time() - began
    assert placement.placed == 100_000
    assert {count for _, count in placement.nodes} == {100}
    assert took < 0.25, "about 10 ms on a quiet machine"


def test_a_place_is_looked_at_as_often_as_there_are_digits_not_tasks() -> None:
    looks = Counter[int]()

    class Watched(NodeRoom):
        def __getattribute__(self, name: str) -> Any:
            looks[id(self)] += name == "own"
            return super().__getattribute__(name)

    places = [Watched(f"n{index}", 0, 0, 200_000) for index in range(3)]
    assert sum(fill(places, 100_000)) == 100_000
    assert max(looks.values()) < 60


def test_who_is_eligible_does_not_depend_on_what_runs() -> None:
    assert eligible(web(1 << 40).spec, NODES) == tuple(NODES[:2])
