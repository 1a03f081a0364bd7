"""A service whose update Swarm has paused: whoever changes it knows what goes on with that."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def pauses(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=4)
    world.registry.push("shop/web:sick", exits=3)
    dev.asks("deploy web shop/web:sick --failure-action pause", "⏸ web paused")


def test_retry_asks_before_the_paused_update_goes_on(dev: MemoryPerson, world: World) -> None:
    pauses(dev, world)
    (paused,) = [message for message in dev.messages("ops") if "⏸" in message.text]
    version = world.swarm.cluster.service("web")["Version"]["Index"]

    clicked = dev.clicks("Retry", on=paused)
    asked = dev.sees("web stands paused at", after=clicked)

    assert "go on?" in asked.text
    assert world.swarm.cluster.service("web")["Version"]["Index"] == version
    world.registry.spoil("shop/web:sick", exits=None)
    sure = dev.clicks("Go on", on=asked)
    done = dev.sees("✅ web is on", after=sure)
    assert "4/4" in done.text


def test_a_deploy_of_the_paused_image_asks_and_of_another_one_does_not(
    dev: MemoryPerson, world: World
) -> None:
    pauses(dev, world)

    dev.asks("deploy web shop/web:sick", "web stands paused at")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")


def test_other_changes_of_a_paused_service_say_that_it_goes_on(
    dev: MemoryPerson, world: World
) -> None:
    pauses(dev, world)
    world.registry.spoil("shop/web:sick", exits=None)

    scaled = dev.asks("scale web=5", "✅ web · replicas 4 → 5")

    assert any("stands paused at" in version for version in scaled.life)


def test_a_label_on_a_paused_service_says_that_it_goes_on(dev: MemoryPerson, world: World) -> None:
    pauses(dev, world)
    world.registry.spoil("shop/web:sick", exits=None)

    labelled = dev.asks("service update --label-add a=b web", "✅ web · label-add")

    assert any("stands paused at" in version for version in labelled.life)


def test_start_first_counts_what_others_reserve(dev: MemoryPerson, world: World) -> None:
    gigabyte = 1 << 30
    reserved = {"Resources": {"Reservations": {"MemoryBytes": gigabyte}}}
    (memory,) = {n["Description"]["Resources"]["MemoryBytes"] for n in world.nodes()}
    fills = {"Resources": {"Reservations": {"MemoryBytes": memory - gigabyte}}}
    world.runs("db", replicas=4, Task={**fills, "Placement": {"MaxReplicas": 1}})
    config = {"Parallelism": 1, "Monitor": 1_000_000_000, "Order": "start-first"}
    world.runs("web", replicas=4, Task=reserved, UpdateConfig=config)

    message = dev.asks("deploy web shop/web:2.0 --timeout 6s", "↩️ web rolled back to 1.0")

    assert any("no task can start beside the old one" in version for version in message.life)
