"""New images that the bot deploys itself, as far as a label and the rules let it."""

from __future__ import annotations

import pytest

from bot.model.new_image import APPROVE_LABEL, AUTO_LABEL
from bot.settings import ImagesSettings, PolicyRule, Role
from tests.memory.twin.slack_twin import MemoryPerson, number_of
from tests.memory.twin.world import DEV, LEAD, World

LOOK = 6 * 60
ROLES = (
    Role(name="operator", users=(DEV,)),
    Role(name="lead", users=(LEAD,)),
    Role(name="auto", ci=True),
)
ANYBODY = PolicyRule(commands=("*",), ask=("operator", "lead", "auto"))
PEOPLE = PolicyRule(commands=("*",), ask=("operator", "lead"))
ASKED = PolicyRule(commands=("deploy",), ask=("operator", "auto"), approve=("lead",))
IMAGES = ImagesSettings(role="auto")
BY_ITSELF = pytest.mark.world(ROLES, (ANYBODY,), images=IMAGES)


def follow(world: World, **labels: str) -> None:
    world.runs("api", "shop/api:1.4.2", Labels={AUTO_LABEL: "minor", APPROVE_LABEL: "true"})
    world.clock.leap(40)


def push(world: World, tag: str, **behaviour: object) -> None:
    world.registry.push(f"shop/api:{tag}", **behaviour)
    world.bot.store.new_images.hint(["shop/api"])


def roots(person: MemoryPerson) -> int:
    """How many messages stand in the channel, without those in threads."""
    return len([said for said in person.messages("ops") if not said.in_thread])


@BY_ITSELF
def test_it_is_done_at_once_and_one_message_tells(dev: MemoryPerson, world: World) -> None:
    follow(world)
    push(world, "1.5.0")

    message = dev.sees("✅ api is on shop/api:1.5.0")

    assert "asked by CI auto" in message.text
    assert roots(dev) == 1
    assert world.image_of("api") == "shop/api:1.5.0"
    world.clock.leap(LOOK)
    assert world.bot.store.new_images.all() == ()
    (deployed, *_) = world.bot.store.audit.entries(limit=1)
    assert deployed.actor.id == "ci:auto"


@BY_ITSELF
def test_what_fails_is_turned_back_and_not_tried_again(dev: MemoryPerson, world: World) -> None:
    follow(world)
    push(world, "1.5.0", exits=3)

    dev.sees("↩️ api rolled back")
    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    assert roots(dev) == 1

    assert world.image_of("api") == "shop/api:1.4.2"
    push(world, "1.5.1")
    dev.sees("✅ api is on shop/api:1.5.1")


@pytest.mark.world(ROLES, (PEOPLE,), images=IMAGES)
def test_where_the_rules_do_not_let_it_people_are_asked(dev: MemoryPerson, world: World) -> None:
    follow(world)
    push(world, "1.4.3")

    asked = dev.sees("🟡 api 1.4.2 → 1.4.3 · patch")

    assert "Not deployed by itself: " in asked.text
    clicked = dev.clicks("Deploy", on=asked)
    dev.sees("✅ api is on shop/api:1.4.3", after=clicked)
    dev.sees("· deployed", after=clicked)


@pytest.mark.world(ROLES, (ANYBODY,))
def test_without_a_role_people_are_asked(dev: MemoryPerson, world: World) -> None:
    follow(world)
    push(world, "1.4.3")

    assert "Not deployed by itself: " in dev.sees("🟡 api 1.4.2 → 1.4.3 · patch").text


@pytest.mark.world(ROLES, (ASKED, PEOPLE), images=IMAGES)
def test_where_the_rules_want_approval_it_waits_for_it(
    lead: MemoryPerson, dev: MemoryPerson, world: World
) -> None:
    follow(world)
    push(world, "1.4.3")
    request = lead.sees("asked by CI auto")
    world.clock.wait(20)
    assert roots(dev) == 1

    clicked = lead.clicks("Approve", on=request)

    lead.sees("✅ api is on shop/api:1.4.3", after=clicked)


@pytest.mark.world(ROLES, (ASKED, PEOPLE), images=IMAGES)
def test_a_newer_one_takes_the_place_of_a_request_that_waits(
    lead: MemoryPerson, world: World
) -> None:
    follow(world)
    push(world, "1.4.3")
    first = lead.sees("1.4.3")
    world.clock.wait(10)

    push(world, "1.4.4")
    newer = lead.sees("1.4.4")

    assert "withdrawn" in lead.reads(first)
    clicked = lead.clicks("Approve", on=newer)
    lead.sees("✅ api is on shop/api:1.4.4", after=clicked)


@pytest.mark.world(ROLES, (ASKED, PEOPLE), images=IMAGES)
def test_what_is_rejected_is_not_asked_again(lead: MemoryPerson, world: World) -> None:
    follow(world)
    push(world, "1.4.3")
    request = lead.sees("asked by CI auto")

    asked = lead.types(f"/swarm reject {number_of(request)} not now")
    lead.sees("rejected", after=asked)

    world.bot.store.new_images.hint(["shop/api"])
    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    assert "rejected by lead" in lead.reads(request)
    assert roots(lead) == 1


@BY_ITSELF
def test_a_hold_keeps_it_and_its_end_lets_it_go_on(dev: MemoryPerson, world: World) -> None:
    follow(world)
    dev.asks("hold api incident 42", "✋ api")
    push(world, "1.4.3")

    held = dev.sees("⏸ api 1.4.2 → 1.4.3")
    assert "It is held by dev" in held.text
    assert world.image_of("api") == "shop/api:1.4.2"

    released = dev.types("/swarm release api")
    dev.sees("released", after=released)
    dev.sees("✅ api is on shop/api:1.4.3", after=released)
    dev.sees("✅ api 1.4.2 → 1.4.3 · deployed", after=released)


@BY_ITSELF
def test_a_freeze_keeps_it_too(dev: MemoryPerson, world: World) -> None:
    follow(world)
    dev.asks("freeze migration", "❄️")
    push(world, "1.4.3")

    held = dev.sees("⏸ api 1.4.2 → 1.4.3")
    world.clock.leap(LOOK)
    assert "Everything is frozen by dev" in dev.reads(held)
    assert world.image_of("api") == "shop/api:1.4.2"


@BY_ITSELF
def test_a_bot_that_dies_in_the_middle_leaves_it_to_the_next(
    dev: MemoryPerson, world: World
) -> None:
    follow(world)
    world.bot.crashes_after_its_change()
    push(world, "1.4.3")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    world.start_bot()

    dev.sees("✅ api is on shop/api:1.4.3", 180)
    world.clock.leap(LOOK)
    assert roots(dev) == 1


@BY_ITSELF
def test_one_that_dies_before_leaves_it_to_people(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.bot.crashes_before_its_change()
    push(world, "1.4.3")
    assert world.clock.run(lambda: world.bot.party.crashed, 30)

    world.start_bot()

    dev.sees("❌ api", 180)
    world.clock.leap(LOOK)
    assert world.image_of("api") == "shop/api:1.4.2"


@BY_ITSELF
def test_a_registry_that_is_away_is_no_failed_deploy(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.away = "connection refused"
    world.bot.store.new_images.hint(["shop/api"])

    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    dev.does_not_see("api", 1)

    assert "docker.io" in world.bot.store.new_images.away()
    world.registry.away = ""
    push(world, "1.4.3")
    dev.sees("✅ api is on shop/api:1.4.3")
    assert world.bot.store.new_images.away() == {}


@pytest.mark.world(ROLES, (ASKED, PEOPLE), images=IMAGES)
def test_a_request_for_what_was_taken_back_is_withdrawn(lead: MemoryPerson, world: World) -> None:
    follow(world)
    push(world, "1.4.3")
    request = lead.sees("asked by CI auto")
    world.clock.wait(10)

    del world.registry.builds["shop/api:1.4.3"]
    world.bot.store.new_images.hint(["shop/api"])

    world.clock.wait(10)
    assert "withdrawn" in lead.reads(request)
    assert roots(lead) == 1
