"""A change of several services is one change: one message, one record, one entry of the audit,
whoever ends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.model import Ending
from tests.memory.test_under_the_lock import ALL_ASK
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

Interruption = Callable[[World], object]


def messages(dev: MemoryPerson) -> list[str]:
    """What stands in the channel itself, by its place."""
    return [message.ts for message in dev.messages("ops") if not message.in_thread]


def two_services(world: World) -> None:
    world.runs("api", replicas=2)
    world.runs("web", replicas=2)


def uneven(world: World) -> None:
    for name in ("node2", "node3", "node4"):
        world.swarm.cluster.node(name)["Spec"]["Availability"] = "drain"
    world.runs("api", replicas=4)
    world.runs("web", replicas=4)
    for name in ("node2", "node3", "node4"):
        world.swarm.cluster.node(name)["Spec"]["Availability"] = "active"


def crash(world: World) -> None:
    world.bot.crash()


def stop(world: World) -> None:
    world.bot.stop()


def audited(world: World) -> list[str]:
    """How the changes ended that the audit tells of."""
    assert not world.bots[1].store.audit.open_intents()
    entries = world.bots[1].store.audit.entries()
    return [str((entry.outcome or {}).get("ending")) for entry in entries]


@pytest.mark.world(bots=2)
def test_a_crash_between_two_scales_is_taken_up_as_one(dev: MemoryPerson, world: World) -> None:
    two_services(world)
    world.bot.crashes_after_its_change()
    dev.types("/swarm scale api=4 web=5")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    done = dev.sees("✅ api 2 → 4, web 2 → 5")

    assert messages(dev) == [done.ts]
    assert (world.replicas_of("api"), world.replicas_of("web")) == (4, 5)
    assert audited(world) == [Ending.DONE]


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("interrupt", [crash, stop])
def test_a_scale_of_two_is_gone_on_with_in_its_message(
    interrupt: Interruption, dev: MemoryPerson, world: World
) -> None:
    two_services(world)
    dev.types("/swarm scale api=4 web=5")
    running = dev.sees("api")

    interrupt(world)

    assert dev.sees("✅ api 2 → 4, web 2 → 5").ts == running.ts
    assert messages(dev) == [running.ts]
    assert audited(world) == [Ending.DONE]


@pytest.mark.world(bots=2)
@pytest.mark.parametrize("interrupt", [crash, stop])
def test_the_rest_of_a_rebalance_is_done_by_the_next_bot(
    interrupt: Interruption, dev: MemoryPerson, world: World
) -> None:
    uneven(world)
    before = {
        name: world.swarm.cluster.service(name)["Version"]["Index"] for name in ("api", "web")
    }
    dev.types("/swarm rebalance")
    running = dev.sees("1/4")
    assert world.swarm.cluster.service("web")["Version"]["Index"] == before["web"]

    interrupt(world)

    done = dev.sees("✅ rebalance api, web")
    assert done.ts == running.ts
    assert "api now" in done.text
    assert "web now" in done.text
    assert messages(dev) == [done.ts]
    assert audited(world) == [Ending.DONE]


@pytest.mark.world(bots=2)
def test_what_somebody_changed_meanwhile_is_not_touched_and_named(
    dev: MemoryPerson, world: World
) -> None:
    uneven(world)
    dev.types("/swarm rebalance")
    dev.sees("1/4")
    world.bot.crash()
    world.bots.reverse()
    world.by_hand("web", lambda spec: spec["Labels"].update(by="hand"))
    world.bots.reverse()

    ended = dev.sees("web · not touched: it was changed meanwhile")
    assert "✅" not in ended.text


@pytest.mark.world(rules=ALL_ASK, bots=2)
def test_an_approved_change_of_two_ends_in_its_request(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    two_services(world)
    dev.types("/swarm scale api=4 web=5")
    request = lead.sees("🟡")
    lead.clicks("Approve", on=request)
    dev.sees("🔵")

    world.bot.crash()

    done = dev.sees("✅ api 2 → 4, web 2 → 5")
    world.clock.run(lambda: False, 40)
    assert done.ts == request.ts
    assert "✅" in dev.reads(done)
    assert messages(dev) == [done.ts]
    assert not world.bots[1].store.approvals.claimed()
