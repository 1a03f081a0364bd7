"""Buttons and lines that bring a service back: to what, once, never over a version in silence."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_two_people_press_roll_back_and_it_happens_once(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=4)
    done = dev.asks("deploy web shop/web:2.0", "✅ web is on")

    first = dev.clicks("Roll back", on=done)
    dev.sees("🔵 web", after=first)
    second = lead.clicks("Roll back", on=done)

    lead.sees("rollback of web is under way", after=second)
    dev.sees("✅ web is on shop/web:1.0 again", after=first)
    assert world.image_of("web") == "shop/web:1.0"


def test_roll_back_pressed_again_after_its_end_changes_nothing(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    done = dev.asks("deploy web shop/web:2.0", "✅ web is on")
    first = dev.clicks("Roll back", on=done)
    dev.sees("✅ web is on shop/web:1.0 again", after=first)

    second = lead.clicks("Roll back", on=done)

    lead.sees("nothing to change", after=second)
    assert world.image_of("web") == "shop/web:1.0"


def test_an_old_button_says_what_runs_now_and_asks(dev: MemoryPerson, world: World) -> None:
    world.registry.push("shop/web:4.0")
    world.runs("web")
    old = dev.asks("deploy web shop/web:2.0", "✅ web is on")
    dev.asks("deploy web shop/web:3.0", "✅ web is on")
    dev.asks("deploy web shop/web:4.0", "✅ web is on")

    clicked = dev.clicks("Roll back", on=old)
    asked = dev.sees("web runs 4.0 now", after=clicked)
    assert "deployed by dev" in asked.text
    assert "roll back to 1.0?" in asked.text
    assert world.image_of("web") == "shop/web:4.0"

    sure = dev.clicks("Roll back to 1.0", on=asked)
    dev.sees("✅ web is on shop/web:1.0 again", after=sure)
    assert world.image_of("web") == "shop/web:1.0"


def test_roll_back_of_a_deploy_does_not_undo_the_scale_that_runs(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", Task={"Placement": {"MaxReplicas": 1}})
    done = dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.registry.spoil("shop/web:2.0", starts=20.0)
    scaling = lead.types("/swarm scale web=4")
    lead.sees("🔵 web · replicas 2 → 4", after=scaling)

    clicked = dev.clicks("Roll back", on=done)
    dev.sees("scale of web is under way", after=clicked)
    typed = dev.types("/swarm rollback web")
    dev.sees("scale of web is under way", after=typed)

    lead.sees("✅ web · replicas 2 → 4", after=scaling)
    assert world.replicas_of("web") == 4


def test_a_rollout_that_runs_turns_back_once(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=4)
    started = dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    rolling = dev.sees("🔵 web →", after=started)

    first = dev.clicks("Roll back", on=rolling)
    dev.sees("turns back", after=first)
    second = lead.clicks("Roll back", on=rolling)
    lead.sees("rollback of web is under way", after=second)

    dev.sees("↩️ web rolled back to 1.0", after=started)
    assert world.image_of("web") == "shop/web:1.0"


def test_rollback_typed_twice_does_not_bring_the_bad_version_back(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    back = dev.asks("rollback web", "✅ web is on shop/web:1.0 again")
    assert "back to revision 1, found" in back.text

    dev.asks("rollback web", "no revision before")

    assert world.image_of("web") == "shop/web:1.0"


def test_what_was_changed_outside_is_asked_about_with_its_age(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.registry.push("shop/web:2.5")
    for tag in ("2.5", "3.0"):
        world.deploys_by_hand("web", f"shop/web:{tag}")

    asked = dev.asks("rollback web", "web runs 3.0 now")

    assert "outside" in asked.text
    assert "roll back to 2.5?" in asked.text
    assert world.image_of("web") == "shop/web:3.0"
    sure = dev.clicks("Roll back to 2.5", on=asked)
    dev.sees("✅ web is on shop/web:2.5 again", after=sure)


def test_a_service_that_only_others_changed_goes_back_by_swarms_own_memory(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    world.deploys_by_hand("web", "shop/web:2.0")

    asked = dev.asks("rollback web", "web runs 2.0 now")
    sure = dev.clicks("Roll back to 1.0", on=asked)

    dev.sees("✅ web is on shop/web:1.0 again", after=sure)
    assert world.image_of("web") == "shop/web:1.0"
