"""A bot dies in the middle of a change that is no rollout: the next one says what became of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

Prepare = Callable[[World], object]
STACK = {"com.docker.stack.namespace": "shop"}


def _web(world: World) -> None:
    world.runs("web")


def _down(world: World) -> None:
    world.swarm.stop_node("node4")


def _stack(world: World) -> None:
    world.runs("shop_web", Labels=STACK)


def _nothing(world: World) -> None:
    del world


CHANGES: tuple[tuple[str, Prepare], ...] = (
    ("service rm web", _web),
    ("stack rm shop", _stack),
    ("node update --label-add zone=a node4", _nothing),
    ("node update --availability drain node4", _nothing),
    ("node rm node4", _down),
    ("node demote node3", _nothing),
    ("swarm leave --force --on node3", _nothing),
    ("swarm update --task-history-limit 3", _nothing),
)
every_change = pytest.mark.parametrize(
    ("line", "prepare"), CHANGES, ids=[line for line, _ in CHANGES]
)


def crash_at_its_change(line: str, dev: MemoryPerson, world: World) -> None:
    dev.types(f"/swarm {line}")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)


def ended(world: World) -> str:
    """How the audit says that the only change ended."""
    assert not world.bots[1].store.audit.open_intents()
    (entry,) = world.bots[1].store.audit.entries()
    assert entry.outcome
    return str(entry.outcome["ending"])


@pytest.mark.world(bots=2)
@every_change
def test_what_was_done_is_told_by_the_next_bot(
    line: str, prepare: Prepare, dev: MemoryPerson, world: World
) -> None:
    prepare(world)
    world.bot.crashes_after_its_change()

    crash_at_its_change(line, dev, world)

    dev.sees("done, though swarmbot was stopped meanwhile")
    assert ended(world) == "done"


@pytest.mark.world(bots=2)
@every_change
def test_what_was_not_done_is_told_by_the_next_bot(
    line: str, prepare: Prepare, dev: MemoryPerson, world: World
) -> None:
    prepare(world)
    world.bot.crashes_before_its_change()

    crash_at_its_change(line, dev, world)

    dev.sees("nothing was changed")
    assert ended(world) == "failed"


@pytest.mark.world(bots=2)
def test_of_what_was_done_by_halves_nobody_is_told_more_than_is_known(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.runs("api")
    world.bot.crashes_after_its_change()

    crash_at_its_change("service rm web api", dev, world)

    dev.sees("was interrupted")
    assert ended(world) == "failed"


@pytest.mark.world(bots=2)
def test_a_bot_that_froze_after_its_change_does_not_tell_it_twice(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.bot.freezes_after_its_change()
    dev.types("/swarm service rm web")
    assert world.clock.run(lambda: world.bot.party.frozen, 30)
    dev.sees("done, though swarmbot was stopped meanwhile")

    world.bot.resume()
    world.clock.run(world.clock.is_idle, 60)

    assert ended(world) == "done"
