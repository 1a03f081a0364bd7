"""A bot dies while the Swarm's root certificate is replaced: the next one brings it to its end."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

ROTATE = "swarm ca --rotate"
CHANGES = "🔵 Root certificate changes"
DONE = "✅ Swarm has a new root certificate · 4/4 nodes"


def crashes(world: World, dev: MemoryPerson, line: str = ROTATE) -> None:
    """Somebody asks for a new root, and the first bot dies where the story has it die."""
    dev.types(f"/swarm {line}")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)


def told_once(dev: MemoryPerson, world: World) -> str:
    """The only message of the channel, once all has come to rest."""
    world.clock.run(world.clock.is_idle, 120)
    world.clock.run(lambda: False, 40)
    (message,) = [message for message in dev.messages("ops") if not message.in_thread]
    assert not world.bots[-1].store.batches.running()
    assert not world.bots[-1].store.audit.open_intents()
    return dev.reads(message)


def ending(world: World) -> str:
    """How the audit says that the only change ended."""
    (entry,) = world.bots[-1].store.audit.entries()
    assert entry.outcome
    return str(entry.outcome["ending"])


def test_a_root_is_replaced(dev: MemoryPerson, world: World) -> None:
    dev.types(f"/swarm {ROTATE}")
    dev.sees(CHANGES)

    assert DONE in told_once(dev, world)
    assert ending(world) == "done"


@pytest.mark.world(bots=2)
def test_the_next_bot_follows_a_rotation_to_its_end(dev: MemoryPerson, world: World) -> None:
    dev.types(f"/swarm {ROTATE}")
    dev.sees("2/4 nodes")
    world.bot.crash()

    assert DONE in told_once(dev, world)
    assert ending(world) == "done"


def test_a_bot_that_is_stopped_leaves_it_to_the_next_one(dev: MemoryPerson, world: World) -> None:
    dev.types(f"/swarm {ROTATE}")
    dev.sees("2/4 nodes")
    world.bot.stop()
    world.bots.insert(0, world.start_bot())

    assert DONE in told_once(dev, world)
    assert ending(world) == "done"


@pytest.mark.world(bots=2)
def test_a_rotation_that_was_sent_is_followed_though_nobody_said_so(
    dev: MemoryPerson, world: World
) -> None:
    world.bot.crashes_after_its_change()

    crashes(world, dev)

    assert DONE in told_once(dev, world)
    assert world.swarm.cluster.swarm["Spec"]["CAConfig"]["ForceRotate"] == 1


@pytest.mark.world(bots=2)
def test_a_rotation_that_was_not_sent_is_not_claimed_though_the_settings_moved(
    dev: MemoryPerson, world: World
) -> None:
    world.bot.crashes_before_its_change()

    crashes(world, dev)
    world.swarm.cluster.swarm["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"] = 3
    world.swarm.cluster.touch(world.swarm.cluster.swarm)

    assert "nothing was changed" in told_once(dev, world)
    assert "ForceRotate" not in world.swarm.cluster.swarm["Spec"]["CAConfig"]
    assert ending(world) == "failed"


@pytest.mark.world(bots=2)
def test_the_next_bot_ends_it_at_the_same_deadline(dev: MemoryPerson, world: World) -> None:
    world.swarm.stop_node("node4")
    dev.types(f"/swarm {ROTATE} --timeout 40s")
    dev.sees("3/4 nodes")
    began = world.clock.seconds
    world.bot.crash()

    ended = dev.sees("timed out")

    assert world.clock.seconds - began < 41
    assert "node4 is not Ready and holds it up" in ended.text
    assert "3/4 nodes so far" in told_once(dev, world)
    assert ending(world) == "timed out"
