"""Services that keep data in a volume on the disk of their node: where such a task starts on
another node, it begins with an empty volume."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from playground.workspace.surfaces import Message
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

DATA = {"Type": "volume", "Source": "pgdata", "Target": "/var/lib/postgresql/data"}
STARTS_EMPTY = "starts empty"


def life(message: Message) -> str:
    """Every state that the message went through."""
    return "\n".join(message.life)


def database(
    world: World, replicas: int = 1, mount: Mapping[str, object] = DATA, **spec: object
) -> str:
    """Run a database with a local volume; the name of the node that it runs on."""
    build = world.registry.push("shop/db:1.0")
    container = {"Image": f"shop/db:1.0@{build.digest}", "Mounts": [mount]}
    task = {"ContainerSpec": container, **spec}
    world.runs("db", "shop/db:1.0", replicas=replicas, Task=task)
    service_id = world.swarm.cluster.service("db")["ID"]
    node_id = next(
        task["NodeID"]
        for task in world.swarm.cluster.tasks.values()
        if task["ServiceID"] == service_id
    )
    return str(world.swarm.cluster.nodes[node_id]["Description"]["Hostname"])


def test_a_drain_says_which_data_stays_behind(dev: MemoryPerson, world: World) -> None:
    node = database(world)

    said = life(dev.asks(f"node update --availability drain {node}", f"{node} is Drain"))

    assert f"db keeps data in the volume pgdata on {node}'s disk" in said
    assert STARTS_EMPTY in said


def test_a_deploy_says_that_the_task_may_start_empty(dev: MemoryPerson, world: World) -> None:
    database(world)
    world.registry.push("shop/db:2.0")

    said = life(dev.asks("deploy db shop/db:2.0", "✅ db"))

    assert "the volume pgdata" in said
    assert STARTS_EMPTY in said
    assert "--constraint-add node.hostname==" in said


def test_a_database_that_is_pinned_to_its_node_is_deployed_without_a_warning(
    dev: MemoryPerson, world: World
) -> None:
    database(world, Placement={"Constraints": ["node.hostname==node2"]})
    world.registry.push("shop/db:2.0")

    assert STARTS_EMPTY not in life(dev.asks("deploy db shop/db:2.0", "✅ db"))


@pytest.mark.parametrize(
    "line",
    [
        "service update --force db",
        "service update --env-add A=b db",
        "scale db=2",
    ],
)
def test_so_does_whatever_else_starts_a_task(line: str, dev: MemoryPerson, world: World) -> None:
    database(world)

    assert STARTS_EMPTY in life(dev.asks(line, "✅ db"))


def test_a_volume_of_which_each_node_has_its_own_is_nothing_to_warn_of(
    dev: MemoryPerson, world: World
) -> None:
    labelled = {"Labels": {"swarmbot.volume": "per-node"}}
    node = database(world, 2, mount={**DATA, "VolumeOptions": labelled})
    world.registry.push("shop/db:2.0")

    said = "".join(
        life(dev.asks(line, answer))
        for line, answer in (
            ("deploy db shop/db:2.0", "✅ db"),
            (f"node update --availability drain {node}", f"{node} is Drain"),
            ("doctor", "Could be better"),
        )
    )

    assert "keeps data in" not in said


def test_a_change_that_starts_no_task_says_nothing_of_it(dev: MemoryPerson, world: World) -> None:
    database(world)

    said = dev.asks("service update --label-add a=b db", "✅ db")

    assert STARTS_EMPTY not in life(said)


def test_rebalance_leaves_it_where_it_is(dev: MemoryPerson, world: World) -> None:
    for node in ("node2", "node3", "node4"):
        dev.asks(f"node update --availability drain {node}", f"{node} is Drain")
    database(world, replicas=3)
    for node in ("node2", "node3", "node4"):
        dev.asks(f"node update --availability active {node}", f"{node} is Active")

    said = dev.asks("rebalance")

    assert "db is left out: it keeps data in the volume pgdata" in said.text

    assert STARTS_EMPTY in life(dev.asks("rebalance db", "✅ db"))
