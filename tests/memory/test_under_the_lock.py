"""What is so when the lock is there counts: plans are made or looked at again under it, once, and
what was approved runs once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.settings import PolicyRule
from tests.memory.test_approvals import one_approves
from tests.memory.twin.pool import ignored
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

ALL_ASK = (PolicyRule(commands=("*",), ask=("operator",), approve=("operator",)),)
STACK = {"com.docker.stack.namespace": "shop"}


def asked_of_the_registry(world: World) -> int:
    """How often the first bot asked the registry about an image."""
    wires = world.bot.engines.wires.values()
    return sum(path.startswith("/distribution") for wire in wires for _, path in wire.sent)


# ---- an approved change: live to its end, once


@one_approves
def test_an_approved_deploy_is_live_to_its_end_and_can_be_rolled_back(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 3s")
    request = lead.sees("🟡")

    lead.clicks("Approve", on=request)

    live = dev.sees("1/3")
    assert live.ts == request.ts
    assert "Roll back" in " ".join(live.buttons)
    dev.sees("2/3")
    assert dev.sees("✅ web is on").ts == request.ts


@one_approves
def test_a_second_resume_changes_nothing(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 3s")
    request = lead.sees("🟡")
    lead.clicks("Approve", on=request)
    dev.sees("1/3")
    (approval,) = world.bot.store.approvals.claimed()

    world.bot.pipeline.resume(approval)

    (running,) = world.bot.store.approvals.claimed()
    assert running.id == approval.id
    assert dev.sees("✅ web is on").ts == request.ts
    ended = world.bot.store.approvals.get(approval.id)
    assert ended
    assert ended.reason == "done"


@one_approves
def test_who_waits_for_a_lock_is_planned_once_when_it_is_there(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0")
    request = lead.sees("🟡")
    with world.bot.store.locks.acquire(
        [f"service:{world.swarm.cluster.service('web')['ID']}"], "somebody", "long work"
    ):
        before = asked_of_the_registry(world)
        lead.clicks("Approve", on=request)
        for _ in range(10):
            world.clock.run(lambda: False, 3)
        assert asked_of_the_registry(world) == before

    assert dev.sees("✅ web is on").ts == request.ts
    assert asked_of_the_registry(world) == before + 1


@one_approves
def test_swarm_itself_moving_the_version_does_not_void_an_approval(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0")
    request = lead.sees("🟡")
    world.swarm.cluster.touch(world.swarm.cluster.service("web"))

    lead.clicks("Approve", on=request)

    assert dev.sees("✅ web is on").ts == request.ts


@one_approves
def test_swarm_itself_moving_the_version_does_not_void_the_removal_of_a_service(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm service rm web")
    request = lead.sees("🟡")
    world.swarm.cluster.touch(world.swarm.cluster.service("web"))

    lead.clicks("Approve", on=request)

    dev.sees("✅ web removed")


# ---- plans that another change made wrong


def test_two_managers_leave_one_after_the_other_and_the_quorum_stays(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    dev.types("/swarm swarm leave --force --on node2")
    dev.sees("✅ node2 left the Swarm")

    refused = lead.asks("swarm leave --force --on node3")

    assert "quorum" in refused.text
    assert world.swarm.cluster.has_leader


@pytest.mark.world(rules=ALL_ASK, bots=2)
def test_of_two_approved_removals_of_managers_the_second_is_refused(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    dev.types("/swarm swarm leave --force --on node2")
    first = lead.sees("🟡 node2")
    lead.types("/swarm swarm leave --force --on node3")
    second = dev.sees("🟡 node3")

    lead.clicks("Approve", on=first)
    dev.clicks("Approve", on=second)
    dev.sees("✅ node2 left the Swarm")
    world.clock.run(lambda: False, 30)

    assert world.swarm.cluster.has_leader
    assert "✅" not in lead.reads(second)


def test_a_stack_that_grew_before_the_lock_is_not_removed_by_halves(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("shop_web", Labels=STACK)
    after_reading(world, "/networks", lambda: world.runs("shop_api", Labels=STACK))
    answer = dev.asks("stack rm shop")

    assert "no longer what was planned" in answer.text
    assert {service["Spec"]["Name"] for service in world.swarm.cluster.services.values()} == {
        "shop_web",
        "shop_api",
    }


def test_autolock_that_ends_before_the_lock_keeps_a_key_from_being_rotated(
    dev: MemoryPerson, world: World
) -> None:
    encryption = world.swarm.cluster.swarm["Spec"]["EncryptionConfig"]
    encryption["AutoLockManagers"] = True
    after_reading(world, "/nodes", lambda: encryption.update(AutoLockManagers=False))
    answer = dev.asks("swarm unlock-key --rotate")

    assert "Autolock is off" in answer.text
    wires = world.bot.engines.wires.values()
    assert not [call for wire in wires for call in wire.sent if call[0] == "POST"]


def replaced(dev: MemoryPerson, world: World) -> None:
    """node4 manages in place of node3, which is a worker that swarmbot reaches."""
    for line, told in (("promote node4", "✅ node4"), ("demote node3", "✅ node3")):
        dev.types(f"/swarm node {line}")
        dev.sees(told)
    assert "ManagerStatus" not in world.swarm.cluster.node("node3")


def after_reading(world: World, path: str, change: Callable[[], object], times: int = 1) -> None:
    """Let something change right after the bot has read this path so often."""
    moments, reads = world.bot.engines.moments, iter(range(1, times))

    def changed(read: str) -> None:
        if read == path and next(reads, None) is None:
            moments.after_read = ignored
            change()

    moments.after_read = changed


@pytest.mark.parametrize("reads", [1, 2])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("swarm leave --on node3", "✅ node3 left the Swarm"),
        ("node update --availability drain node3", "✅ node3"),
        ("node rm --force node3", "✅ node3"),
        ("node update --label-add zone=a node3", "✅ node3"),
    ],
)
def test_a_manager_that_goes_before_the_lock_is_nothing_to_a_worker(
    dev: MemoryPerson, world: World, line: str, told: str, reads: int
) -> None:
    replaced(dev, world)
    if line.startswith("node rm"):
        world.swarm.stop_node("node3")
    after_reading(world, "/nodes", lambda: world.swarm.stop_node("node4"), reads)

    asked = dev.types(f"/swarm {line}")

    dev.sees(told, after=asked)
    assert world.bot.engines.moments.after_read is ignored


@pytest.mark.parametrize("reads", [1, 2])
def test_a_new_leader_before_the_lock_is_nothing_to_a_worker_that_joins(
    dev: MemoryPerson, world: World, reads: int
) -> None:
    replaced(dev, world)
    dev.types("/swarm swarm leave --on node3")
    dev.sees("✅ node3 left the Swarm")

    def elect() -> None:
        del world.swarm.cluster.node("node1")["ManagerStatus"]["Leader"]
        world.swarm.cluster.node("node2")["ManagerStatus"]["Leader"] = True

    after_reading(world, "/nodes", elect, reads)
    dev.types("/swarm swarm join --on node3")

    dev.sees("✅ node3 joined as worker")
    assert world.bot.engines.moments.after_read is ignored


def test_a_manager_that_goes_before_the_lock_keeps_another_from_leaving(
    lead: MemoryPerson, world: World
) -> None:
    after_reading(world, "/nodes", lambda: world.swarm.stop_node("node3"))

    refused = lead.asks("swarm leave --force --on node2")

    assert "quorum" in refused.text
    assert world.swarm.cluster.has_leader


def test_an_engine_that_the_file_does_not_name_is_said_so(dev: MemoryPerson, world: World) -> None:
    said = dev.asks("swarm leave --on hal9000").text

    assert "No engine hal9000. swarmbot knows those that [[engines]] names" in said
    assert "/swarm info shows what there is" in said
