"""Whoever comes after a crash can tell what was done, what was not, and what somebody else did."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.errors import EngineRefusedError, NoLeaderError
from tests.memory.twin.pool import nothing
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

LINES = (
    "scale web=5",
    "service update --label-add tier=front web",
    "service update --env-add MODE=fast web",
    "deploy web shop/web:2.0",
)


def crash_at_its_change(line: str, dev: MemoryPerson, world: World) -> None:
    """Somebody asks for a change, and the first bot dies where the story has it die."""
    dev.types(f"/swarm {line}")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("line", LINES)
def test_what_was_not_sent_is_not_claimed_though_the_version_moved(
    line: str, dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    spec = dict(world.swarm.cluster.service("web")["Spec"])
    world.bot.crashes_before_its_change()

    crash_at_its_change(line, dev, world)
    world.swarm.cluster.touch(world.swarm.cluster.service("web"))

    dev.sees("nothing was changed")
    assert world.swarm.cluster.service("web")["Spec"] == spec
    assert "✅" not in world.everything_said()


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("line", LINES)
def test_what_was_sent_is_followed_to_its_end(line: str, dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=2)
    world.bot.crashes_after_its_change()

    crash_at_its_change(line, dev, world)

    dev.sees("✅ web")


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("line", LINES)
def test_what_somebody_else_did_is_told_as_theirs(
    line: str, dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.bot.crashes_before_its_change()

    crash_at_its_change(line, dev, world)
    world.bots.reverse()
    world.by_hand("web", lambda spec: spec["Labels"].update(by="hand"))

    dev.sees("superseded by a change outside swarmbot")
    assert "✅" not in world.everything_said()


# ---- the automatic rollback


def deploys_a_broken_image(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2)
    dev.types("/swarm deploy web shop/web:broken")


def test_an_automatic_rollback_is_tried_until_there_is_a_leader(
    dev: MemoryPerson, world: World
) -> None:
    tried: list[float] = []
    moments = world.bot.engines.moments

    def elect() -> None:
        tried.append(world.clock.seconds)
        if 1 < len(tried) < 6:
            raise NoLeaderError("an election is under way")

    deploys_a_broken_image(dev, world)
    moments.before_change = elect

    dev.sees("↩️ web rolled back")
    assert world.image_of("web") == "shop/web:1.0"
    assert len(tried) == 6
    gaps = [after - before for before, after in pairwise(tried[1:])]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[0]


def test_an_automatic_rollback_whose_answer_is_lost_is_no_change_from_outside(
    dev: MemoryPerson, world: World
) -> None:
    deploys_a_broken_image(dev, world)
    dev.sees("🔵 web")
    for wire in world.bot.engines.wires.values():
        wire.loses_answers = 1

    dev.sees("↩️ web rolled back")
    assert world.image_of("web") == "shop/web:1.0"


@pytest.mark.world(bots=2)
def test_an_automatic_rollback_that_was_not_sent_is_sent_by_the_next_bot(
    dev: MemoryPerson, world: World
) -> None:
    deploys_a_broken_image(dev, world)
    dev.sees("🔵 web")
    world.bot.crashes_before_its_change()

    dev.sees("↩️ web rolled back")
    assert world.bot.party.crashed
    assert world.image_of("web") == "shop/web:1.0"


def test_an_automatic_rollback_that_is_refused_for_good_is_sent_once(
    dev: MemoryPerson, world: World
) -> None:
    tried: list[float] = []
    moments = world.bot.engines.moments

    def refuse() -> None:
        tried.append(world.clock.seconds)
        raise EngineRefusedError(400, "port '80' is reserved")

    deploys_a_broken_image(dev, world)
    dev.sees("🔵 web")
    moments.before_change = refuse

    paused = dev.sees("⏸ web paused")
    assert "port '80' is reserved" in paused.text
    assert len(tried) == 1
    moments.before_change = nothing


def test_a_wish_that_is_refused_for_good_is_sent_once(dev: MemoryPerson, world: World) -> None:
    tried: list[float] = []

    def refuse() -> None:
        tried.append(world.clock.seconds)
        raise EngineRefusedError(400, "port '80' is reserved")

    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")
    world.bot.engines.moments.before_change = refuse

    dev.clicks("Roll back", on=message)

    dev.sees("✅ web is on")
    assert len(tried) == 1
    world.hears_everything()
