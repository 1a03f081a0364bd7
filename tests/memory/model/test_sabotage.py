"""With one of its safeguards taken out, the bot does wrong, and the model test says so: it can
fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Actor
from bot.poster.tracking import DeliveryRecord
from bot.store.rollouts import Rollouts
from bot.store.store import Store
from bot.swarm.engine.fence import Fence
from bot.swarm.swarm import Swarm
from tests.fence import OPEN
from tests.memory.model.machine import Machine
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.pool import MemoryEngines


class OpenSwarm(Swarm):
    """Changes Docker without a look at the lease."""

    def fenced_by(self, fence: Fence) -> Swarm:
        return Swarm(self.engines, self.sight, self.registries).fenced_by(OPEN)


class Unfenced(MemoryBot):
    """A bot whose lease is confirmed by nobody before it changes something."""

    def swarm_of(self, engines: MemoryEngines) -> Swarm:
        return OpenSwarm(engines)


class Unnumbered(MemoryBot):
    """A bot that goes by nothing when it sends a message, and notes nothing of it."""

    def record_of(self, store: Store) -> DeliveryRecord | None:
        return None


class WishfulRollouts(Rollouts):
    """Reads a wish to go back that nobody has left."""

    def rollback_wish(self, rollout_id: str) -> Actor | None:
        return Actor("U0NOBODY01", f"nobody of {rollout_id}")


class CarelessRollouts(Rollouts):
    """Reads a wish to follow no more that nobody has left."""

    def unfollow_wish(self, rollout_id: str) -> Actor | None:
        return Actor("U0NOBODY01", f"nobody of {rollout_id}")


class Wishful(MemoryBot):
    """A bot that goes back without being asked to."""

    def store_of(self, store: Store) -> Store:
        return replace(store, rollouts=WishfulRollouts(store._redis, store._signer))


class Careless(MemoryBot):
    """A bot that lets go of what it follows without being asked to."""

    def store_of(self, store: Store) -> Store:
        return replace(store, rollouts=CarelessRollouts(store._redis, store._signer))


def tell_a_run(made_of: type[MemoryBot]) -> None:
    """A run in which a bot sleeps past its lease, about to send a change; raises what is wrong."""

    class Sleepy(Machine):
        pass

    Sleepy.made_of = made_of
    run = Sleepy()
    run.sleep(number=0, when="before a change", seconds=60)
    run.deploy(who="dev", name="web", fate="good", delay="")
    run.wait(seconds=80)
    run.deploy(who="dev", name="web", fate="good", delay=" --delay 2s")
    try:
        run.nothing_wrong_was_done()
    finally:
        run.teardown()


@pytest.mark.parametrize(
    ("made_of", "wrong"),
    [
        (Unfenced, "without the lock"),
        (Unnumbered, "shown for ever"),
        (Wishful, "went back 1 times, asked for 0 times"),
        (Careless, "nobody asked for that"),
    ],
)
def test_what_is_missing_is_found_out(made_of: type[MemoryBot], wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        tell_a_run(made_of)


def test_the_same_run_is_clean_with_both() -> None:
    tell_a_run(MemoryBot)
