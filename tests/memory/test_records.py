"""No record stays whose change has ended, wherever its bot was stopped: some upkeep ends each of
them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.model import Rollout
from bot.store.batches import Batches
from bot.store.rollouts import Rollouts
from bot.store.store import Store
from tests.memory.test_under_the_lock import ALL_ASK
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.pool import ignored, nothing
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

BOTH = "scale web=3 api=4"


class WatchedRollouts(Rollouts):
    """Something may happen just before a rollout is recorded."""

    def __init__(self, store: Store) -> None:
        super().__init__(store._redis, store._signer)
        self.before_saving: Callable[[], None] = nothing

    def save(self, rollout: Rollout, fence: int) -> None:
        self.before_saving()
        super().save(rollout, fence)


class WatchedBatches(Batches):
    """Something may happen just before a batch is forgotten."""

    def __init__(self, store: Store) -> None:
        super().__init__(store._redis, store._signer)
        self.before_finishing: Callable[[], None] = nothing

    def finish(self, batch_id: str) -> None:
        self.before_finishing()
        super().finish(batch_id)


class WatchedBot(MemoryBot):
    """A bot that something happens to at one of these moments."""

    def store_of(self, store: Store) -> Store:
        self.rollouts, self.batches = WatchedRollouts(store), WatchedBatches(store)
        return replace(store, rollouts=self.rollouts, batches=self.batches)

    def freezes_before_its_record(self) -> None:
        """Stand still once, when the next rollout is about to be recorded."""

        def freeze() -> None:
            self.rollouts.before_saving = nothing
            self.freeze()
            self.clock.wait(0.0)

        self.rollouts.before_saving = freeze

    def crashes_before_it_forgets(self) -> None:
        """Die when the next batch has ended, and is still recorded."""

        def crash() -> None:
            self.batches.before_finishing = nothing
            self.crash()
            self.clock.wait(0.0)

        self.batches.before_finishing = crash


def first_bot(world: World) -> WatchedBot:
    bot = world.bots[0]
    assert isinstance(bot, WatchedBot)
    return bot


def nothing_stays(world: World) -> None:
    """All comes to rest, and no record, lock, request or open entry of the audit is left."""
    world.clock.run(world.clock.is_idle, 120)
    world.clock.run(lambda: False, 60)
    store = world.bots[-1].store
    assert not store.rollouts.running()
    assert not store.batches.running()
    assert not store.approvals.claimed()
    assert not store.locks.all()
    assert not store.audit.open_intents()


@pytest.mark.world(bots=2, made_of=WatchedBot)
def test_a_record_that_was_written_after_its_change_was_told_as_interrupted(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    bot = first_bot(world)
    bot.freezes_before_its_record()
    dev.types("/swarm deploy web shop/web:2.0")
    assert world.clock.run(lambda: bot.party.frozen, 30)
    dev.sees("web → shop/web:2.0 · was interrupted", timeout=60)

    bot.crashes_before_its_change()
    bot.resume()
    assert world.clock.run(lambda: bot.party.crashed, 30)

    nothing_stays(world)
    assert world.image_of("web") == "shop/web:1.0"
    dev.asks("history web", "1.0")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")


@pytest.mark.world(rules=ALL_ASK, bots=2, made_of=WatchedBot)
def test_a_batch_that_was_written_down_as_ended(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.runs("api", replicas=2)
    first_bot(world).crashes_before_it_forgets()
    dev.types(f"/swarm {BOTH}")
    request = lead.sees("needs approval")
    lead.clicks("Approve", on=request)

    dev.sees("✅ web 2 → 3")
    nothing_stays(world)
    assert "✅ web 2 → 3" in dev.reads(request)


@pytest.mark.world(made_of=WatchedBot)
def test_a_service_of_a_batch_that_ended_while_redis_was_away(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.runs("api", replicas=2)
    dev.types(f"/swarm {BOTH}")
    dev.sees("web 2 → 3 · 3/3")
    world.redis.away = True
    world.clock.run(lambda: False, 20)
    world.redis.away = False

    dev.sees("✅ web 2 → 3")
    nothing_stays(world)


@pytest.mark.world(bots=2)
def test_a_change_during_whose_taking_up_redis_goes_away(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=2)
    world.bot.crashes_after_its_change()
    dev.types("/swarm scale web=4")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    def go_away(path: str) -> None:
        if path.startswith("/services/"):
            world.bots[1].engines.moments.after_read = ignored
            world.redis.away = True

    world.bots[1].engines.moments.after_read = go_away
    assert world.clock.run(lambda: world.redis.away, 30)
    world.clock.run(lambda: False, 5)
    world.redis.away = False

    dev.sees("✅ web · replicas 2 → 4")
    nothing_stays(world)
    assert "❌" not in world.everything_said()


@pytest.mark.world(bots=2)
def test_a_batch_of_a_command_that_there_is_no_more(
    dev: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web", replicas=2)
    world.runs("api", replicas=2)
    world.bot.crashes_before_its_change()
    dev.types(f"/swarm {BOTH}")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)
    store = world.bots[1].store
    (batch,) = store.batches.running()
    unknown = replace(batch, command={"command": "scale all", "flags": {}})
    store.batches.save(unknown, 2**50)

    dev.sees("❌")
    nothing_stays(world)
    assert "could not be gone on with" in caplog.text
    caplog.clear()
