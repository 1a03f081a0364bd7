"""The host's clock is set while something is under way, and the engine's clock is not the bot's."""

from __future__ import annotations

import re

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

HOUR = 3600.0


@pytest.mark.parametrize("step", [-HOUR, HOUR])
def test_a_rollout_ends_as_soon_whatever_the_clock_is_set_to(
    step: float, dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s --timeout 60s")
    dev.sees("1/3")
    began = world.clock.seconds

    world.bot.party.wall_ahead = step

    done = dev.sees("✅ web is on")
    assert world.clock.seconds - began < 15
    took = re.search(r"3/3 · (\d+) s", done.text)
    assert took, done.text
    assert int(took[1]) < 20


def test_the_deadline_comes_though_the_clock_is_set_back(dev: MemoryPerson, world: World) -> None:
    world.runs("web", Task={"Placement": {"Constraints": ["node.labels.zone==moon"]}})
    dev.types("/swarm deploy web shop/web:2.0 --timeout 10s")
    dev.sees("🔵 web →")

    world.bot.party.wall_ahead = -HOUR

    dev.sees("❌ web", timeout=30)


@pytest.mark.world(bots=2)
def test_who_goes_on_with_a_clock_an_hour_behind_gives_it_no_more_time_than_it_had(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", Task={"Placement": {"Constraints": ["node.labels.zone==moon"]}})
    world.bots[1].party.wall_ahead = -HOUR
    dev.types("/swarm deploy web shop/web:2.0 --timeout 20s")
    dev.sees("🔵 web →")

    world.bot.crash()

    dev.sees("❌ web", timeout=60)


@pytest.mark.parametrize("ahead", [6.0, 600.0, -600.0])
def test_the_cause_of_a_failure_is_told_whatever_the_engines_clock_says(
    ahead: float, dev: MemoryPerson, world: World
) -> None:
    world.bot.party.wall_ahead = ahead
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2, log="FATAL: no /etc/shop.conf")

    dev.types("/swarm deploy web shop/web:broken")

    assert "exit code 3" in dev.sees("↩️ web rolled back").text


def test_nobody_locks_a_service_for_centuries(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    assert "of at most 24h" in dev.asks("deploy web shop/web:2.0 --timeout 2562047h").text


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
@pytest.mark.parametrize("line", ["deploy web shop/web:2.0 --delay 4s", "scale web=5 api=3"])
def test_who_goes_on_with_another_clock_gives_it_the_time_that_is_left(
    line: str, ahead: float, dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    world.runs("api", replicas=2)
    world.registry.spoil("shop/web:1.0", starts=20.0)
    world.bots[1].party.wall_ahead = ahead
    dev.types(f"/swarm {line} --timeout 2m")
    dev.sees("🔵 web")

    world.bot.crash()

    done = dev.sees("✅ ")
    took = re.search(r"(\d+) s", done.text)
    assert took, done.text
    assert 10 < int(took[1]) < 60


def test_at_a_deadline_the_service_goes_back_though_the_clock_was_set_back(
    dev: MemoryPerson, world: World
) -> None:
    placement = {"Placement": {"MaxReplicas": 1}}
    config = {"Parallelism": 1, "Monitor": 1_000_000_000, "Order": "start-first"}
    world.runs("web", replicas=4, Task=placement, UpdateConfig=config)
    dev.types("/swarm deploy web shop/web:2.0 --timeout 6s")
    dev.sees("🔵 web →")

    world.bot.party.wall_ahead = -HOUR

    dev.sees("↩️ web rolled back to 1.0")


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
def test_what_a_bot_left_unended_is_closed_whatever_the_clock_of_the_next_one(
    ahead: float, dev: MemoryPerson, world: World
) -> None:
    world.bots[1].party.wall_ahead = ahead
    world.bot.crashes_before_its_change()
    dev.types("/swarm node update --label-add zone=a node4")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    closed = world.clock.run(lambda: not world.bots[1].store.audit.open_intents(), 120)

    assert closed
    assert world.clock.seconds > 30
    dev.sees("nothing was changed")


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
def test_who_was_called_by_a_bot_that_died_is_called_again_whatever_the_clocks_say(
    ahead: float, dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.bots[1].party.wall_ahead = ahead
    service = world.swarm.cluster.service("web")["ID"]
    with world.bots[1].store.locks.acquire([f"service:{service}"], "somebody", "long work"):
        busy = dev.asks("deploy web shop/web:2.0", "somebody has been changing this")
        clicked = dev.clicks("Queue", on=busy)
        dev.sees("in line", after=clicked)

        def crash(path: str) -> None:
            del path
            world.bot.crash()
            world.clock.wait(0.0)

        world.bot.engines.moments.after_read = crash
    assert world.clock.run(lambda: world.bot.party.crashed, 30)
    began = world.clock.seconds

    dev.sees("✅ web is on shop/web:2.0")
    assert world.clock.seconds - began > 30
