"""What each `--filter` lets through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Availability, Image, Mode, Node, NodeRole, NodeState, Service, Task, TaskState
from bot.model.cluster import Network
from bot.swarm import filters


def _service(name: str, mode: Mode = Mode.REPLICATED, **labels: str) -> Service:
    return Service(f"id-{name}", name, 1, mode, Image("shop/web"), {}, labels=labels)


WEB, API, AGENT = (
    _service("web", zone="a", tier="front"),
    _service("webapi", zone="b", tier="front"),
    _service("agent", Mode.GLOBAL),
)


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ((), "web webapi agent"),
        (("name=web",), "web webapi"),
        (("name=webapi",), "webapi"),
        (("name=api",), ""),
        (("name=web", "name=agent"), "web webapi agent"),
        (("id=id-a",), "agent"),
        (("mode=global",), "agent"),
        (("mode=replicated", "label=zone=b"), "webapi"),
        (("label=zone",), "web webapi"),
        (("label=zone=a", "label=tier=front"), "web"),
        (("label=zone=a", "label=tier=back"), ""),
        (("NAME = agent",), "agent"),
    ],
)
def test_services(conditions: tuple[str, ...], names: str) -> None:
    kept = filters.kept((WEB, API, AGENT), conditions, filters.SERVICES)
    assert " ".join(service.name for service in kept) == names


NODE = Node("n1", "node1", NodeRole.MANAGER, Availability.ACTIVE, NodeState.READY)
WORKER = replace(
    NODE,
    id="n4",
    name="node4",
    role=NodeRole.WORKER,
    labels={"zone": "a"},
    engine_labels={"disk": "ssd"},
)


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("role=manager", "node1"),
        ("name=node", "node1 node4"),
        ("node.label=zone=a", "node4"),
        ("label=disk=ssd", "node4"),
        ("label=zone=a", ""),
        ("membership=accepted", "node1 node4"),
        ("membership=pending", ""),
    ],
)
def test_nodes(condition: str, names: str) -> None:
    kept = filters.kept((NODE, WORKER), (condition,), filters.NODES)
    assert " ".join(node.name for node in kept) == names


def _task(id_: str, slot: int, node: str, desired: TaskState) -> filters.NamedTask:
    task = Task(id_, "id-web", slot, node, TaskState.RUNNING, desired, Image("shop/web"))
    return filters.named(task, {"id-web": WEB}, {"n1": NODE, "n4": WORKER})


TASKS = (
    _task("t1", 1, "n1", TaskState.RUNNING),
    _task("t2", 2, "n4", TaskState.SHUTDOWN),
    _task("t3", 0, "n9", TaskState.RUNNING),
)


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ("name=web.1", "t1"),
        ("name=web", "t1 t2 t3"),
        ("node=node4", "t2"),
        ("node=n4", "t2"),
        ("desired-state=running", "t1 t3"),
        ("desired-state=shutdown", "t2"),
        ("id=t3", "t3"),
    ],
)
def test_tasks(condition: str, ids: str) -> None:
    kept = filters.kept(TASKS, (condition,), filters.TASKS)
    assert " ".join(named.task.id for named in kept) == ids


def test_what_has_no_name_any_more_is_named_by_its_id() -> None:
    assert (TASKS[2].name, TASKS[2].node) == ("web.n9", "n9")


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("name=ber", "uber-net"),
        ("driver=overlay", "ingress uber-net"),
        ("scope=local", ""),
        ("type=builtin", "ingress"),
        ("type=custom", "uber-net"),
    ],
)
def test_networks(condition: str, names: str) -> None:
    both = (
        Network("a1", "ingress", "overlay", "swarm", ingress=True),
        Network("b2", "uber-net", "overlay", "swarm"),
    )
    kept = filters.kept(both, (condition,), filters.NETWORKS)
    assert " ".join(network.name for network in kept) == names
