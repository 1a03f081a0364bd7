"""Redis has lost all that it had, and the audit begins anew with the same numbers."""

from __future__ import annotations

import pytest

from bot.model import MessageRef
from tests.memory.test_under_the_lock import ALL_ASK
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def emptied(world: World) -> None:
    """Redis loses everything, and the operator knows why."""
    world.redis.client().flushall()
    for bot in world.bots:
        bot.accepts_the_audit_as_it_is()


@pytest.mark.parametrize("bots", [1, 2])
def test_the_end_of_an_old_change_does_not_close_the_entry_of_a_new_one(
    bots: int, dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.runs("api", replicas=4)
    dev.types("/swarm deploy web shop/web:2.0 --delay 4s")
    dev.sees("🔵 web")
    emptied(world)
    if bots > 1:
        world.talks_to(world.start_bot())
    lead.types("/swarm deploy api shop/web:3.0 --delay 10s")
    lead.sees("🔵 api")

    dev.sees("swarmbot lost its lock and stopped")

    (entry,) = world.bot.store.audit.open_intents()
    assert entry.plan["services"] == ["api"]
    lead.sees("✅ api is on")
    (entry,) = world.bot.store.audit.entries()
    assert entry.outcome == {"ending": "done", "why": ""}
    assert entry.seconds
    assert entry.seconds > 10


def test_a_record_that_a_bot_wrote_late_is_taken_up_and_ends(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    # As after a hundred changes.
    world.redis.client().incrby("swarmbot:fences", 100)
    dev.types("/swarm deploy web shop/web:2.0 --delay 4s")
    message = dev.sees("🔵 web")
    rollouts = world.bot.store.rollouts
    (late,) = rollouts.running()
    fence = int(str(world.redis.client().hget(f"swarmbot:rollout:{late.id}", "fence")))
    world.bot.crash()
    emptied(world)
    rollouts.save(late, fence)
    rollouts.posted(late.id, MessageRef(message.posted.channel, message.ts))
    world.start_bot()

    world.clock.run(lambda: not world.bot.store.rollouts.running(), 60)

    assert world.bot.store.rollouts.running() == ()
    assert "✅ web is on" in dev.reads(message)


@pytest.mark.world(bots=2)
def test_what_another_bot_goes_on_with_is_told_in_the_message_that_is_known(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.registry.push("shop/web:sick", healthy=False)
    dev.types("/swarm deploy web shop/web:sick")
    message = dev.sees("The health check fails")

    # The bot writes down next that it rolls back, and has no lock any more for the rollback.
    emptied(world)

    assert world.clock.run(lambda: "rolled back" in world.everything_said(), 60)
    world.clock.run(world.clock.is_idle, 60)
    assert "🔵" not in dev.reads(message)
    others = [said for said in dev.messages("ops") if not said.in_thread and said.ts != message.ts]
    assert not any("🔵" in dev.reads(said) for said in others)


def test_what_a_bot_left_to_others_and_redis_lost_is_ended_by_the_bot_that_left_it(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.bot.freezes_before_its_change()
    dev.types("/swarm scale web=3")
    assert world.clock.run(lambda: world.bot.party.frozen, 30)
    world.clock.run(lambda: False, 15)
    world.talks_to(world.start_bot())
    lead.types("/swarm deploy web shop/web:2.0 --delay 4s")
    lead.sees("🔵 web → shop/web:2.0")
    world.bots[0].resume()
    first = dev.sees("🔵 web · replicas 2 → 3")
    world.clock.run(lambda: False, 1)

    emptied(world)

    lead.sees("web → shop/web:2.0 · stopped")
    world.clock.run(lambda: "🔵" not in dev.reads(first), 10)
    assert "swarmbot lost its lock and stopped" in dev.reads(first)


@pytest.mark.world(rules=ALL_ASK)
def test_an_approved_request_that_waits_for_its_turn_ends_where_redis_has_lost_it(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    dev.types("/swarm scale web=3")
    asked = lead.sees("web 2 → 3 · needs approval")
    dev.types("/swarm deploy web shop/web:2.0 --delay 9s")
    lead.clicks("Approve", on=lead.sees("web → shop/web:2.0 · needs approval"))
    lead.sees("🔵 web → shop/web:2.0")
    lead.clicks("Approve", on=asked)
    lead.sees("web 2 → 3 · approved, begins")
    world.clock.run(lambda: False, 3)

    emptied(world)

    lead.sees("web 2 → 3 · the request is gone")
    dev.sees("web → shop/web:2.0 · stopped")
    assert "🔵" not in dev.reads(asked)
