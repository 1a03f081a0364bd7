"""A bot dies in the middle of a change that is no rollout: the next one says what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.model.delivery import PendingMessage
from bot.store.deliveries import Deliveries
from bot.store.store import Store
from playground.workspace.surfaces import Message
from tests.memory.test_under_the_lock import ALL_ASK
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.pool import nothing
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


def _network(world: World) -> None:
    world.add_network("uber-net")


def _outside(world: World) -> None:
    world.swarm.leave("node3")
    world.swarm.settle()


def _locked(world: World) -> None:
    world.swarm.lock("node3")


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
    ("network create -d overlay uber-net", _nothing),
    ("network rm uber-net", _network),
    ("swarm join --on node3", _outside),
    ("swarm join --on node3 --as manager", _outside),
    ("swarm unlock --on node3", _locked),
    ("swarm join 127.0.0.1:2377", _outside),
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


def approved(line: str, dev: MemoryPerson, lead: MemoryPerson, world: World) -> Message:
    """The request of a change at which the first bot dies once it was approved."""
    dev.types(f"/swarm {line}")
    request = lead.sees("needs approval")
    lead.clicks("Approve", on=request)
    assert world.clock.run(lambda: world.bot.party.crashed, 30)
    return request


def comes_to_rest(world: World) -> None:
    world.clock.run(world.clock.is_idle, 60)
    world.clock.run(lambda: False, 60)


@pytest.mark.world(rules=ALL_ASK, bots=2)
@every_change
def test_a_request_says_in_its_own_message_that_it_was_done(
    line: str, prepare: Prepare, dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    prepare(world)
    world.bot.crashes_after_its_change()

    request = approved(line, dev, lead, world)
    comes_to_rest(world)

    told = dev.reads(request)
    assert "done, though swarmbot was stopped meanwhile" in told
    assert "approved by lead" in told
    assert len([message for message in dev.messages("ops") if not message.in_thread]) == 1
    assert not world.bots[1].store.approvals.claimed()


@pytest.mark.world(rules=ALL_ASK, bots=2)
@every_change
def test_a_request_says_in_its_own_message_that_it_was_not_done(
    line: str, prepare: Prepare, dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    prepare(world)
    world.bot.crashes_before_its_change()

    request = approved(line, dev, lead, world)
    comes_to_rest(world)

    assert "nothing was changed" in dev.reads(request)
    assert len([message for message in dev.messages("ops") if not message.in_thread]) == 1
    assert not world.bots[1].store.approvals.claimed()


class MortalDeliveries(Deliveries):
    """Where last words are kept; something may happen directly after that."""

    def __init__(self, store: Store) -> None:
        super().__init__(store._redis, store._signer, store.sealed._fernet)
        self.after_keeping = nothing

    def keep(self, pending: PendingMessage) -> bool:
        is_kept = super().keep(pending)
        self.after_keeping()
        return is_kept


class Mortal(MemoryBot):
    """A bot that may die between its last words and the end of its audit entry."""

    def store_of(self, store: Store) -> Store:
        self.kept_in = MortalDeliveries(store)
        return replace(store, deliveries=self.kept_in)

    def dies_after_its_last_words(self) -> None:
        self.kept_in.after_keeping = self._once(self.crash)


@pytest.mark.world(bots=2, made_of=Mortal)
def test_an_end_that_is_known_is_not_told_a_second_time(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    assert isinstance(world.bot, Mortal)
    world.bot.dies_after_its_last_words()

    crash_at_its_change("service rm web", dev, world)
    comes_to_rest(world)

    (message,) = [message for message in dev.messages("ops") if not message.in_thread]
    assert "✅ web removed" in dev.reads(message)
    assert ended(world) == "done"


@pytest.mark.world(bots=2)
def test_what_was_done_with_a_typed_key_is_told_as_well(dev: MemoryPerson, world: World) -> None:
    _locked(world)
    dev.types("/swarm swarm unlock")
    dev.sees_modal("Unlock a manager")
    world.bot.crashes_after_its_change()

    dev.submits({"key": world.swarm.cluster.unlock_key})
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    dev.sees("done, though swarmbot was stopped meanwhile")
    assert ended(world) == "done"
