"""Which nodes may run a service: Swarm's own rules for constraints and platforms, and what is
warned of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bot.model import Mode, Node, Platform, Port, Service
from bot.render.objects.placement_cautions import obstacles_in_words
from bot.swarm.scheduler.constraints import eligible, fits, platforms
from bot.swarm.scheduler.obstacles import in_the_way
from tests.unit.swarm.values import AMD64, ARM64, node, service, spec

NODES = (
    node("node1", role="manager", labels={"zone": "a", "Disk": "SSD"}, address="10.0.0.1"),
    node("node2", role="manager", labels={"zone": "b"}, address="10.0.0.2"),
    node("node3", role="worker", engine_labels={"gpu": "yes"}, address="10.0.1.3"),
    node("node4", role="worker", platform=ARM64, labels={"zone": "c d"}, address="10.0.1.4"),
)
ALL = ["node1", "node2", "node3", "node4"]


def warnings(of: Service, nodes: Sequence[Node], changed: dict[str, Any]) -> tuple[str, ...]:
    return obstacles_in_words(in_the_way(of, nodes, changed))


def constrained(*constraints: str) -> dict[str, Any]:
    return spec(Placement={"Constraints": list(constraints)})


def names(nodes: tuple[Node, ...]) -> list[str]:
    return [node.name for node in nodes]


@pytest.mark.parametrize(
    ("constraints", "able"),
    [
        ((), ALL),
        (("node.role==manager",), ["node1", "node2"]),
        (("node.role == manager",), ["node1", "node2"]),
        (("node.role!=manager",), ["node3", "node4"]),
        (("NODE.ROLE==Manager",), ["node1", "node2"]),
        (("node.hostname==node3",), ["node3"]),
        (("node.hostname!=node3",), ["node1", "node2", "node4"]),
        (("node.id==id-node2",), ["node2"]),
        (("node.labels.zone==a",), ["node1"]),
        (("node.labels.zone!=a",), ["node2", "node3", "node4"]),
        (("node.labels.zone==c d",), ["node4"]),
        (("node.labels.disk==ssd",), []),
        (("node.labels.Disk==ssd",), ["node1"]),
        (("engine.labels.gpu==yes",), ["node3"]),
        (("engine.labels.gpu!=yes",), ["node1", "node2", "node4"]),
        (("node.platform.os==linux",), ALL),
        (("node.platform.arch==x86_64",), ["node1", "node2", "node3"]),
        (("node.platform.arch==aarch64",), ["node4"]),
        (("node.platform.arch==amd64",), []),
        (("node.ip==10.0.0.2",), ["node2"]),
        (("node.ip!=10.0.0.0/24",), ["node3", "node4"]),
        (("node.ip==10.0.1.0/24",), ["node3", "node4"]),
        (("node.ip==nonsense",), []),
        (("node.role==manager", "node.labels.zone!=a"), ["node2"]),
        (("node.role==manager", "node.role==worker"), []),
        (("node.label.zone==a",), []),
    ],
)
def test_constraints_as_swarm_judges_them(constraints: tuple[str, ...], able: list[str]) -> None:
    assert names(eligible(constrained(*constraints), NODES)) == able


@pytest.mark.parametrize("placement", [None, {}, {"Constraints": None}, {"Constraints": []}])
def test_no_constraints(placement: dict[str, Any] | None) -> None:
    assert names(eligible(spec(Placement=placement), NODES)) == ALL
    assert names(eligible({}, NODES)) == ALL


@pytest.mark.parametrize(
    "fields",
    [{"availability": "drain"}, {"availability": "pause"}, {"state": "down"}, {"state": "unknown"}],
)
def test_only_nodes_that_are_ready_and_active(fields: dict[str, str]) -> None:
    assert eligible(spec(), [node("node1", **fields)]) == ()


# ---- platforms


def test_only_nodes_with_a_platform_of_the_image() -> None:
    offers = spec(Placement={"Platforms": [{"OS": "linux", "Architecture": "aarch64"}]})
    assert names(eligible(offers, NODES)) == ["node4"]
    assert names(eligible(spec(Placement={"Platforms": [{"OS": "linux"}]}), NODES)) == ALL
    assert platforms(service(spec=offers), NODES) == {AMD64, ARM64}, "for the image to come"
    assert "".join(warnings(service(), NODES[:3], offers)) == (
        "no node may run it now: the image is for linux/aarch64, and no node that fulfils the "
        "constraints is"
    )


@pytest.mark.parametrize(
    ("kernel", "registry"),
    [
        ("x86_64", "amd64"),
        ("X86_64", "amd64"),
        ("amd64", "amd64"),
        ("aarch64", "arm64"),
        ("armv7l", "arm"),
        ("armv6l", "arm"),
        ("i686", "386"),
        ("s390x", "s390x"),
        ("", ""),
    ],
)
def test_architectures_have_one_name(kernel: str, registry: str) -> None:
    assert Platform("Linux", kernel).normalized == Platform("linux", registry)


@pytest.mark.parametrize(
    ("offered", "fit"),
    [
        ([AMD64], True),
        ([ARM64], False),
        ([ARM64, AMD64], True),
        ([Platform("linux", "x86_64")], True),
        ([Platform("linux", "")], True),
        ([Platform("windows", "amd64")], False),
        ([], False),
    ],
)
def test_whether_an_image_fits_one_of_the_nodes(offered: list[Platform], fit: bool) -> None:
    assert fits(offered, [AMD64, Platform("linux", "s390x")]) is fit


def test_the_platforms_of_the_nodes_that_may_run_it() -> None:
    kernel = node("node5", platform=Platform("linux", "x86_64"))
    assert platforms(service(), (*NODES, kernel)) == {AMD64, ARM64}
    assert platforms(service(spec=constrained("node.role==manager")), NODES) == {AMD64}
    assert platforms(service(spec=constrained("node.role==none")), NODES) == frozenset()


# ---- warnings


def host_mode(**fields: Any) -> Service:
    return service(ports=(Port(80, 8080, mode="host"),), **fields)


def ordered(order: str) -> dict[str, Any]:
    return {**spec(), "UpdateConfig": {"Order": order}}


def test_nothing_to_warn_of() -> None:
    assert warnings(service(), NODES, spec()) == ()
    assert warnings(service(), (), spec()) == ()


def test_no_node_may_run_it() -> None:
    assert warnings(service(), NODES, constrained("node.labels.zone==z")) == (
        "no node may run it now: none is Ready and Active and fulfils the constraints",
    )


@pytest.mark.parametrize(
    ("this", "order", "expected"),
    [
        (host_mode(replicas=4), "stop-first", ""),
        (host_mode(replicas=3), "start-first", ""),
        (host_mode(replicas=0), "start-first", ""),
        (service(replicas=9), "start-first", ""),
        (host_mode(replicas=4), "start-first", "no task can start beside the old one"),
        (host_mode(mode=Mode.GLOBAL), "start-first", "no task can start beside the old one"),
        (host_mode(mode=Mode.GLOBAL), "stop-first", ""),
        (
            host_mode(replicas=5),
            "stop-first",
            "5 replicas need as many nodes for their host port, and 4 may run them",
        ),
    ],
)
def test_host_ports(this: Service, order: str, expected: str) -> None:
    cautions = warnings(this, NODES, ordered(order))
    assert len(cautions) == bool(expected)
    assert expected in "".join(cautions)


@pytest.mark.parametrize(
    ("reserved", "expected"),
    [
        ({"MemoryBytes": 1 << 30}, ()),
        (None, ()),
        (
            {"MemoryBytes": 2 << 30},
            ("no node is large enough for the reservation of 2048 MB (the largest has 1024 MB)",),
        ),
        (
            {"NanoCPUs": 2_500_000_000},
            ("no node has the 2.5 CPUs that are reserved (the most has 2)",),
        ),
        ({"NanoCPUs": 2_000_000_000}, ()),
    ],
)
def test_reservations_that_no_node_can_hold(
    reserved: dict[str, int] | None, expected: tuple[str, ...]
) -> None:
    assert warnings(service(), NODES, spec(Resources={"Reservations": reserved})) == expected
    assert warnings(service(), NODES, spec(Resources=None)) == ()


def test_more_replicas_than_the_limit_per_node_allows() -> None:
    limited = spec(Placement={"MaxReplicas": 1})
    assert warnings(service(replicas=4), NODES, limited) == ()
    assert warnings(service(replicas=5), NODES, limited) == (
        "`--replicas-max-per-node 1` allows 4 of 5 replicas on the nodes that can run it",
    )
