"""What others do to a service becomes revisions as soon as the watch sees it."""

from __future__ import annotations

from bot.model import Ending
from bot.rollout.outside import OutsideChanges
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def seen(world: World, outside: OutsideChanges) -> list[tuple[str, str, str]]:
    """Tag, note and ending of every revision of web, after a look of the watch."""
    outside.take_in(world.bot.swarm.services.list(), world.clock.now())
    service = world.bot.swarm.services.find("web")
    known = world.bot.store.revisions.of(service.id)
    return [(revision.image.tag, revision.note, revision.ending) for revision in known]


def test_changes_outside_become_revisions(dev: MemoryPerson, world: World) -> None:
    outside = OutsideChanges(world.bot.swarm, world.bot.store)
    world.runs("web")
    assert seen(world, outside) == [("1.0", "found", "")]

    world.deploys_by_hand("web", "shop/web:2.0")
    assert seen(world, outside)[1:] == [("2.0", "outside", Ending.DONE)]

    asked = dev.asks("rollback web", "roll back to 1.0?")
    assert "outside" in asked.text


def test_a_version_between_two_looks_is_known_from_swarms_previous_specification(
    world: World,
) -> None:
    outside = OutsideChanges(world.bot.swarm, world.bot.store)
    world.runs("web")
    seen(world, outside)

    world.deploys_by_hand("web", "shop/web:2.0")
    world.deploys_by_hand("web", "shop/web:3.0")

    assert [entry[:2] for entry in seen(world, outside)] == [
        ("1.0", "found"),
        ("2.0", "earlier"),
        ("3.0", "outside"),
    ]


def test_an_update_outside_that_paused_is_not_one_to_go_back_to(world: World) -> None:
    outside = OutsideChanges(world.bot.swarm, world.bot.store)
    world.runs("web")
    seen(world, outside)
    world.registry.push("shop/web:sick", exits=3)

    world.deploys_by_hand("web", "shop/web:sick")

    assert seen(world, outside)[-1] == ("sick", "outside", Ending.PAUSED)


def test_services_that_have_not_changed_are_not_read_one_by_one(world: World) -> None:
    names = [f"web{number}" for number in range(5)]
    for name in names:
        world.runs(name)
    bot = world.bot
    services = bot.swarm.services.list()
    requests = [wire.sent for wire in bot.engines.wires.values()]
    before = sum(map(len, requests))

    OutsideChanges(bot.swarm, bot.store).take_in(services, world.clock.now())
    OutsideChanges(bot.swarm, bot.store).take_in(services, world.clock.now())

    assert sum(map(len, requests)) == before
    known = [bot.store.revisions.of(service.id) for service in services]
    assert [len(revisions) for revisions in known] == [1] * len(names)
