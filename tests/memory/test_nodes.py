"""Nodes: labels, drain, roles, and those that are gone."""

from __future__ import annotations

from tests.memory.twin.cluster import copied
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_drain_moves_the_tasks_and_active_takes_new_ones(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=4)

    message = dev.asks("node update --availability drain node4", "node4 is Drain")
    assert "web: 1 task moved" in message.text

    dev.asks("node update --availability active node4", "node4 is Active")


def test_labels(dev: MemoryPerson, world: World) -> None:
    dev.asks("node update --label-add zone=a node4", "✅ node4")

    assert world.swarm.cluster.node("node4")["Spec"]["Labels"] == {"zone": "a"}
    assert "nothing to change" in dev.asks("node update --label-add zone=a node4").text
    assert "a label of node4: zone" in dev.asks("node update --label-rm zoen node4").text


def test_promote_and_demote_wait_until_the_role_is_in_force(
    dev: MemoryPerson, world: World
) -> None:
    message = dev.asks("node promote node4", "✅ node4 is a manager")
    assert "managers 3 → 4" in message.text
    assert "ManagerStatus" in world.swarm.cluster.node("node4")

    dev.asks("node demote node4", "✅ node4 is a worker")
    assert "ManagerStatus" not in world.swarm.cluster.node("node4")


def test_a_demotion_that_would_cost_the_quorum_is_refused(dev: MemoryPerson, world: World) -> None:
    world.swarm.stop_node("node3")

    refusal = dev.asks("node demote node2")

    assert "the quorum needs 2" in refusal.text
    assert world.swarm.cluster.node("node2")["Spec"]["Role"] == "manager"


def test_a_node_has_to_be_down_before_it_is_removed(dev: MemoryPerson, world: World) -> None:
    assert "docker swarm leave" in dev.asks("node rm node4").text
    assert "/swarm node demote node2" in dev.asks("node rm --force node2").text

    world.swarm.stop_node("node4")
    dev.asks("node rm node4", "✅ node4 is no longer in the Swarm")

    assert len(world.swarm.cluster.nodes) == 3


def test_a_manager_of_before_the_quorum_was_lost_is_removed(
    dev: MemoryPerson, world: World
) -> None:
    world.swarm.stop_node("node3")
    del world.swarm.cluster.node("node3")["ManagerStatus"]

    dev.asks("node rm node3", "✅ node3 is no longer in the Swarm")

    assert len(world.swarm.cluster.nodes) == 3


def test_what_a_machine_that_joined_anew_leaves_is_called_that_and_removed(
    dev: MemoryPerson, world: World
) -> None:
    cluster = world.swarm.cluster
    old = cluster.node("node4")
    joined = copied(old) | {"ID": "joinedanew00", "CreatedAt": "2199-01-01T00:00:00Z"}
    old["Status"]["State"] = "down"
    cluster.nodes[joined["ID"]] = joined
    line = f"/swarm node rm {old['ID'][:12]}"

    listed = dev.asks("nodes").text
    assert f"node4 joined anew, and {old['ID'][:12]} is left over: {line}" in listed
    assert f"node4 ({old['ID'][:12]}) is Down" in listed
    assert "an old entry of node4 is not Ready" in dev.asks("status").text
    doctor = dev.asks("doctor").text
    assert "node4 is listed twice" in doctor
    assert line in doctor
    assert "node4 is Down." not in doctor

    dev.asks(line.removeprefix("/swarm "), "is no longer in the Swarm")
    assert old["ID"] not in cluster.nodes
    assert joined["ID"] in cluster.nodes
