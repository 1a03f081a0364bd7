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


def lose_managers(world: World) -> None:
    """Too few managers are left for a leader."""
    world.swarm.stop_node("node2")
    world.swarm.stop_node("node3")


def lose_managers_at_the_change(world: World) -> None:
    """The same in the moment in which an engine has taken the next change."""
    world.swarm.on_change = lambda _: lose_managers(world)


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


def test_what_was_not_sent_is_not_claimed_though_a_later_deploy_was_rolled_back(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.registry.push("shop/web:broken", exits=3)
    world.bot.crashes_before_its_change()
    crash_at_its_change("deploy web shop/web:2.0", dev, world)
    world.clock.run(lambda: False, 15)

    world.start_bot()
    lead.types("/swarm deploy web shop/web:broken")

    lead.sees("↩️ web rolled back to 1.0 · broken")
    lead.sees("nothing was changed", timeout=60)
    assert "2.0 failed" not in world.everything_said()


def test_what_was_sent_is_not_denied_though_a_later_change_took_it_back(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.bot.crashes_after_its_change()
    crash_at_its_change("scale web=3", dev, world)
    world.clock.run(lambda: False, 15)

    world.start_bot()
    lead.types("/swarm scale web=2")

    lead.sees("✅ web · replicas 3 → 2")
    dev.sees("superseded by a later change", timeout=60)
    assert "nothing was changed" not in world.everything_said()
    entries = world.bots[1].store.audit.entries()
    endings = [(entry.outcome or {}).get("ending") for entry in entries]
    assert endings == ["done", "superseded"]


def test_what_was_sent_is_not_denied_though_somebody_else_took_it_back(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.bot.crashes_after_its_change()
    crash_at_its_change("scale web=3", dev, world)
    world.by_hand("web", lambda spec: spec["Mode"]["Replicated"].update(Replicas=2))

    world.start_bot()

    dev.sees("superseded by a change outside swarmbot", timeout=60)
    assert "nothing was changed" not in world.everything_said()


def test_what_was_sent_before_all_managers_went_is_followed_when_they_are_back(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    lose_managers_at_the_change(world)
    dev.types("/swarm deploy web shop/web:2.0 --timeout 20s")
    world.clock.run(lambda: False, 30)
    world.swarm.on_change = lambda _: None
    world.swarm.start_node("node2")

    dev.sees("✅ web is on shop/web:2.0", timeout=60)

    (entry,) = world.bot.store.audit.entries()
    assert entry.outcome == {"ending": "done", "why": ""}


def test_a_lost_answer_with_no_manager_after_it_leaves_it_open_whether_it_happened(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    for wire in world.bot.engines.wires.values():
        wire.loses_answers = 1
    lose_managers_at_the_change(world)
    dev.types("/swarm deploy web shop/web:2.0 --timeout 20s")

    dev.sees("it may have happened or not", timeout=60)

    (entry,) = world.bot.store.audit.entries()
    assert (entry.outcome or {})["why"] == "OutcomeUnknown"


@pytest.mark.world(bots=2)
def test_who_comes_after_a_crash_and_meets_no_manager_does_not_say_that_nothing_was_changed(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.bot.crashes_after_its_change()
    crash_at_its_change("deploy web shop/web:2.0 --timeout 20s", dev, world)
    lose_managers(world)

    dev.sees("it may have happened or not", timeout=90)

    (entry,) = world.bots[1].store.audit.entries()
    assert (entry.outcome or {})["why"] == "ChangeUnsure"


# ---- a service that is to be created

CREATE = "service create --name api --replicas 2 shop/web:1.0"
NAMELESS = "service create --replicas 2 shop/web:1.0"


@pytest.mark.world(bots=2)
def test_a_service_that_was_not_created_is_said_not_to_be_there(
    dev: MemoryPerson, world: World
) -> None:
    world.bot.crashes_before_its_change()

    crash_at_its_change(CREATE, dev, world)

    dev.sees("nothing was changed")
    assert not world.swarm.cluster.services
    assert not world.bots[1].store.audit.open_intents()


@pytest.mark.world(bots=2)
def test_of_a_service_that_the_engine_was_to_name_nobody_can_tell(
    dev: MemoryPerson, world: World
) -> None:
    world.bot.crashes_after_its_change()

    crash_at_its_change(NAMELESS, dev, world)

    dev.sees("it may have happened or not")
    assert not world.bots[1].store.audit.open_intents()


@pytest.mark.world(bots=2)
def test_a_service_that_was_created_is_followed_to_its_end_by_the_next_bot(
    dev: MemoryPerson, world: World
) -> None:
    world.bot.crashes_after_its_change()

    crash_at_its_change(CREATE, dev, world)

    dev.sees("runs shop/web:1.0")
    (service,) = world.swarm.cluster.services.values()
    assert [r.image.tag for r in world.bots[1].store.revisions.of(service["ID"])] == ["1.0"]
    (entry,) = world.bots[1].store.audit.entries()
    assert entry.outcome == {"ending": "done", "why": ""}


@pytest.mark.world(bots=2)
def test_a_service_that_somebody_else_created_by_that_name_is_theirs(
    dev: MemoryPerson, world: World
) -> None:
    world.bot.crashes_before_its_change()

    crash_at_its_change(CREATE, dev, world)
    world.runs("api", image="shop/web:2.0")

    dev.sees("superseded by a change outside swarmbot")
    assert world.image_of("api") == "shop/web:2.0"


def test_a_created_service_is_known_by_its_id_alone(dev: MemoryPerson, world: World) -> None:
    dev.asks(CREATE, "✅ api runs")

    assert world.bot.store.rollouts.of_service("api") is None
    assert set(world.bot.store.rollouts.recent()) == {world.swarm.cluster.service("api")["ID"]}


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
