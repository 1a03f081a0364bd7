"""A line that ends the following of a rollout, so that its service is free before the deadline."""

from __future__ import annotations

import pytest

from bot.settings import PolicyRule
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

HANGS = {"Placement": {"Constraints": ["node.labels.zone==moon"]}}
ONLY_DEV = (PolicyRule(commands=("deploy",), services=("web",), ask=("operator",)),)


def hangs(dev: MemoryPerson, world: World, line: str = "deploy web shop/web:2.0") -> None:
    """A rollout that never ends by itself."""
    world.runs("web", Task=HANGS)
    dev.types(f"/swarm {line} --timeout 2h")
    dev.sees("🔵 web →")


def test_a_rollout_that_is_followed_no_more_gives_its_service_free(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    hangs(dev, world)
    lead.asks("service update --label-add a=b web", "has been changing this")

    lead.asks("unfollow web", "is followed no more")

    ended = dev.sees("🟠 web → shop/web:2.0 · followed no more")
    assert "lead ended the following" in ended.text
    assert "does not roll it back" in ended.text
    assert world.image_of("web") == "shop/web:2.0"
    said = lead.asks("audit", "end the following of web").text
    assert "followed no more" in said
    update = lead.types("/swarm service update --label-add a=b web")
    lead.sees("🔵 web", after=update)
    again = lead.types("/swarm unfollow web")
    lead.sees("is followed no more", after=again)
    lead.sees("🟠 web · label-add a=b · followed no more", after=update)


def test_nothing_is_left_to_end_where_nothing_is_followed(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    dev.asks("unfollow web", "No rollout of web is followed")


@pytest.mark.world(rules=ONLY_DEV)
def test_who_may_ask_for_the_change_may_end_its_following(
    dev: MemoryPerson, guest: MemoryPerson, world: World
) -> None:
    hangs(dev, world)

    refused = guest.asks("unfollow web", "")
    assert "followed no more" not in refused.text

    dev.asks("unfollow web", "is followed no more")
    dev.sees("🟠 web → shop/web:2.0 · followed no more")


@pytest.mark.world(bots=2)
def test_a_bot_that_goes_on_with_it_heeds_the_wish_of_before(
    dev: MemoryPerson, world: World
) -> None:
    hangs(dev, world)
    world.bot.freeze()
    dev.asks("unfollow web", "is followed no more")

    dev.sees("🟠 web → shop/web:2.0 · followed no more")
    world.bot.resume()
    world.clock.run(world.clock.is_idle, 60)
    assert not world.bots[1].store.rollouts.running()
    assert not world.bots[1].store.audit.open_intents()


def test_an_update_that_is_to_be_turned_back_and_cannot_be_is_followed_no_more(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=2)
    world.registry.push("shop/web:broken", exits=3, after=0.2)
    dev.types("/swarm deploy web shop/web:broken --timeout 2h")
    dev.sees("🔵 web")

    dev.asks("unfollow web", "is followed no more")

    dev.sees("🟠 web → shop/web:broken · followed no more")


def test_of_two_services_of_one_change_only_the_named_one_is_let_go(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", Task=HANGS)
    world.runs("api")
    dev.types("/swarm scale web=3 api=4 --timeout 2h")
    dev.sees("🔵")
    world.clock.run(lambda: False, 5)

    dev.asks("unfollow web", "its lock goes when the other services of the same change")

    ended = dev.sees("web 2 → 3")
    assert "followed no more" in ended.text
    assert "api 2 → 4" in ended.text
    assert world.replicas_of("api") == 4
    assert not world.bot.store.locks.all()
