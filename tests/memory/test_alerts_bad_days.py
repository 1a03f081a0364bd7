"""What an alert says when the bot that posts it dies, or Redis does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.alert_facts import NodeDown
from bot.model.incident import AlertState, Incident, Problem, Severity
from jobs.notifier import Notifier
from tests.memory.test_deliveries import WatchedBot, in_channel
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.clock import BEGIN
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

DOWN = Incident(
    id="i1",
    subject="node:n2",
    name="node2",
    problems=(
        Problem(
            subject="node:n2",
            facts=NodeDown(),
            severity=Severity.CRITICAL,
            name="node2",
            since=BEGIN,
        ),
    ),
    since=BEGIN,
    changed=BEGIN,
    opened=BEGIN,
    state=AlertState.FIRING,
)
BACK = replace(DOWN, state=AlertState.RESOLVED)
KNOWN = {DOWN.subject: DOWN}


def notifier_of(world: World, bot: MemoryBot, fence: int) -> Notifier:
    """How a bot tells of incidents once it leads."""
    return Notifier(bot.poster, bot.store, world.settings, lambda: fence)


def tell(world: World, notifier: Notifier, incident: Incident, *, is_new: bool = False) -> None:
    notifier.tell({} if is_new else KNOWN, [incident], (), world.clock.now())
    world.clock.run(lambda: False, 5)


def leave(world: World, notifier: Notifier) -> None:
    """The bot of this notifier ends, and sends what is still to be sent."""
    notifier.leave()
    world.clock.run(lambda: False, 5)


@pytest.mark.world(bots=2, made_of=WatchedBot)
@pytest.mark.parametrize("now", [DOWN, BACK], ids=["still down", "back"])
def test_an_alert_that_slack_may_have_from_a_bot_that_died_is_told_by_the_next(
    dev: MemoryPerson, world: World, now: Incident
) -> None:
    first, second = world.bots
    assert isinstance(first, WatchedBot)
    first.crashes_after_its_post()
    tell(world, notifier_of(world, first, 1), DOWN, is_new=True)
    assert "node2 is Down" in dev.sees("🔴").text

    tell(world, notifier_of(world, second, 2), now)

    lost, told = in_channel(dev)
    assert "🔴" in dev.reads(lost)
    assert ("node2 is back" if now is BACK else "node2 is Down") in dev.reads(told)
    assert "an earlier copy of this message may still show" in told.text


@pytest.mark.world(bots=2)
def test_an_alert_that_was_silent_from_the_start_has_no_end_either(
    dev: MemoryPerson, world: World
) -> None:
    tell(world, notifier_of(world, world.bots[1], 2), BACK)

    assert in_channel(dev) == []


@pytest.mark.world(bots=2)
def test_an_alert_whose_place_was_not_written_down_goes_on_in_its_message(
    dev: MemoryPerson, world: World
) -> None:
    first, second = world.bots
    tell(world, notifier_of(world, first, 1), DOWN, is_new=True)
    first.crash()
    world.redis.client().delete("swarmbot:alerts:message:i1")

    tell(world, notifier_of(world, second, 2), BACK)

    (message,) = in_channel(dev)
    assert "node2 is back" in dev.reads(message)


def test_an_alert_is_posted_while_redis_is_away(dev: MemoryPerson, world: World) -> None:
    world.redis.away = True

    tell(world, notifier_of(world, world.bot, 1), DOWN, is_new=True)

    (message,) = in_channel(dev)
    assert "node2 is Down" in dev.reads(message)
    world.redis.away = False


def test_an_alert_that_only_its_bot_knows_ends_with_the_bot(
    dev: MemoryPerson, world: World
) -> None:
    world.redis.away = True
    notifier = notifier_of(world, world.bot, 1)
    tell(world, notifier, DOWN, is_new=True)

    leave(world, notifier)

    (message,) = in_channel(dev)
    assert "🔴" not in dev.reads(message)
    assert "node2 is Down · the bot that follows it ends" in dev.reads(message)
    world.redis.away = False


def test_an_alert_that_redis_knows_is_left_to_the_next_bot(dev: MemoryPerson, world: World) -> None:
    notifier = notifier_of(world, world.bot, 1)
    tell(world, notifier, DOWN, is_new=True)

    leave(world, notifier)

    (message,) = in_channel(dev)
    assert "🔴 node2 is Down" in dev.reads(message)


def test_an_alert_that_redis_takes_at_the_last_moment_is_left_to_the_next_bot(
    dev: MemoryPerson, world: World
) -> None:
    world.redis.away = True
    notifier = notifier_of(world, world.bot, 1)
    tell(world, notifier, DOWN, is_new=True)
    world.redis.away = False

    leave(world, notifier)

    (message,) = in_channel(dev)
    assert "🔴 node2 is Down" in dev.reads(message)
    assert world.bot.store.alerts.message(DOWN.id)
