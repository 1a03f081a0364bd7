"""A deploy from the typed line to its end, and every end that it can have."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_a_good_image_rolls_slot_by_slot(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=2)

    dev.types("/swarm deploy web shop/web:2.0")
    dev.sees("🔵 web →")
    message = dev.sees("✅ web is on")

    assert len([said for said in dev.messages("ops") if not said.in_thread]) == 1
    assert "2/2" in message.text
    assert "asked by dev" in message.text
    assert world.image_of("web") == "shop/web:2.0"
    seen = {part for version in message.life for part in version.split()}
    assert {"0/2", "1/2", "2/2"} <= seen


def test_start_first_with_delay_takes_as_many_at_a_time_as_asked(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=4)

    dev.types("/swarm deploy web shop/web:2.0 --parallelism 2 --delay 2s --order start-first")

    message = dev.sees("✅ web is on")
    assert {"0/4", "2/4", "4/4"} <= {p for version in message.life for p in version.split()}


def test_a_broken_image_is_rolled_back_and_the_channel_learns_why(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2, log="FATAL: no /etc/shop.conf")

    dev.types("/swarm deploy web shop/web:broken")

    message = dev.sees("↩️ web rolled back")
    assert "exit code 3" in message.text
    assert "FATAL: no /etc/shop.conf" in message.text
    assert world.image_of("web") == "shop/web:1.0"


def test_retry_deploys_once_more(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:4.0", exits=3)
    dev.types("/swarm deploy web shop/web:4.0")
    failed = dev.sees("↩️ web rolled back")

    world.registry.push("shop/web:4.0")
    clicked = dev.clicks("Retry", on=failed)

    dev.sees("✅ web is on", after=clicked)
    assert world.image_of("web") == "shop/web:4.0"


def test_a_sick_image_pauses_and_the_button_rolls_back(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:sick", healthy=False)

    dev.types("/swarm deploy web shop/web:sick --failure-action pause")
    paused = dev.sees("⏸ web")
    assert "health check" in paused.text

    clicked = dev.clicks("Roll back", on=paused)
    dev.sees("✅ web is", after=clicked)
    assert world.image_of("web") == "shop/web:1.0"


def test_swarm_itself_rolls_back_where_the_service_says_so(dev: MemoryPerson, world: World) -> None:
    config = {"Parallelism": 1, "Monitor": 1_000_000_000, "FailureAction": "rollback"}
    world.runs("web", UpdateConfig=config)
    world.registry.push("shop/web:broken", exits=3)

    dev.types("/swarm deploy web shop/web:broken")

    dev.sees("↩️ web rolled back")
    assert world.swarm.cluster.service("web")["UpdateStatus"]["State"] == "rollback_completed"


def test_a_rollback_that_fails_too_stays_paused(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.3)
    dev.types("/swarm deploy web shop/web:broken")
    dev.sees("🔵 web →")

    world.registry.spoil("shop/web:1.0", exits=1)

    dev.sees("⏸ web rollback to 1.0 paused")
    assert world.swarm.cluster.service("web")["UpdateStatus"]["State"] == "rollback_paused"


@pytest.mark.parametrize(
    ("obstacle", "cause"),
    [
        ({"Placement": {"Constraints": ["node.labels.zone==moon"]}}, "constraint"),
        ({"Resources": {"Reservations": {"MemoryBytes": 500 << 30}}}, "reservation"),
    ],
)
def test_what_swarm_would_wait_for_for_ever_ends_at_the_deadline(
    dev: MemoryPerson, world: World, obstacle: dict[str, object], cause: str
) -> None:
    world.runs("web", Task=obstacle)

    dev.types("/swarm deploy web shop/web:2.0 --timeout 6s")

    message = dev.sees("❌ web")
    assert "is not back on 1.0" in message.text
    assert cause in message.text


def test_a_change_by_hand_in_mid_rollout_is_noticed(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")

    world.by_hand("web", lambda spec: spec["Labels"].update(by="hand"))

    dev.sees("superseded by a change outside swarmbot")
    assert "✅" not in message.text


def test_a_service_that_is_removed_in_mid_rollout(dev: MemoryPerson, world: World) -> None:
    service = world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    dev.sees("1/3")

    world.outside.services.remove(service["ID"])

    dev.sees("removed")


def test_the_same_image_again_restarts_nothing_unless_forced(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    tasks = set(world.swarm.cluster.tasks)

    assert dev.asks("deploy web shop/web:1.0", "nothing to change").ephemeral
    assert set(world.swarm.cluster.tasks) == tasks

    dev.asks("deploy web shop/web:1.0 --force", "✅ web")
    assert set(world.swarm.cluster.tasks) != tasks


@pytest.mark.parametrize("by_bot", [True, False])
def test_a_rollback_after_deploy_and_scale_keeps_the_replica_count(
    dev: MemoryPerson, world: World, by_bot: bool
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    if by_bot:
        dev.asks("scale web=3", "✅ web · replicas 2 → 3")
    else:
        world.by_hand("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=3))
        world.swarm.settle()

    dev.asks("rollback web", "✅ web is on")

    assert world.image_of("web") == "shop/web:1.0"
    assert world.replicas_of("web") == 3
    assert "2.0" in dev.asks("history web", "rollback").text


def test_a_global_service_does_not_wait_for_a_node_that_is_down(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", Mode={"Global": {}})
    world.swarm.stop_node("node4")

    assert "3/3" in dev.asks("deploy web shop/web:2.0", "✅ web is on").text


@pytest.mark.parametrize(
    ("mode", "count"),
    [
        ({"Global": {}}, "4/4"),
        ({"Replicated": {"Replicas": 1}}, "1/1"),
        ({"Replicated": {"Replicas": 0}}, "0/0"),
    ],
)
def test_every_kind_of_service_is_counted_right(
    dev: MemoryPerson, world: World, mode: dict[str, dict[str, int]], count: str
) -> None:
    world.runs("web", Mode=mode)

    assert count in dev.asks("deploy web shop/web:2.0", "✅ web is on").text
    assert world.image_of("web") == "shop/web:2.0"
