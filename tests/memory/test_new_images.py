"""A new image of a service: found, asked about once, and kept true until somebody decides."""

from __future__ import annotations

import pytest

from bot.model.incident import Memory
from bot.model.new_image import AUTO_LABEL
from bot.settings import PolicyRule, Role
from bot.watch.evaluate import judge
from bot.watch.snapshot import Snapshot
from jobs.notifier import Notifier
from jobs.observer import Observer
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, World

LOOK = 6 * 60
"""Seconds within which a look at a registry is due."""


def follow(world: World, part: str = "patch", image: str = "shop/api:1.4.2", **labels: str) -> None:
    """A service whose new images are looked for."""
    world.runs("api", image, Labels={AUTO_LABEL: part, **labels})
    world.clock.leap(40)


def pushed(world: World, *repositories: str) -> None:
    """The registry says that something was pushed."""
    world.bot.store.new_images.hint(repositories)


def test_a_newer_patch_is_a_question_with_three_answers(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")

    world.clock.leap(LOOK)
    message = dev.sees("🟡 api 1.4.2 → 1.4.3 · patch · found just now", 10)

    assert message.buttons == ["Deploy", "Skip this version", "Hold"]
    clicked = dev.clicks("Deploy", on=message)
    dev.sees("✅ api is on shop/api:1.4.3", after=clicked)
    done = dev.sees("✅ api 1.4.2 → 1.4.3 · deployed", after=clicked)
    assert done == message
    assert done.buttons == []
    assert world.image_of("api") == "shop/api:1.4.3"


def test_what_the_registry_says_is_looked_at_now(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")

    pushed(world, "shop/api")

    dev.sees("api 1.4.2 → 1.4.3 · patch · pushed just now", 10)
    world.clock.leap(130)
    dev.sees("api 1.4.2 → 1.4.3 · patch · pushed 2 m ago", 10)


def test_the_same_push_twice_is_one_question(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api", "shop/other")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    pushed(world, "shop/api")
    world.clock.leap(LOOK)
    world.clock.leap(LOOK)

    assert len(dev.messages("ops")) == 1
    dev.reads(asked)


def test_a_flood_of_hints_is_one_look(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.clock.wait(10)
    before = len(world.registry_api.calls)

    for _ in range(50):
        pushed(world, "shop/api")
        world.clock.wait(0.1)

    assert len(world.registry_api.calls) - before <= 4


def test_a_newer_one_takes_the_place_of_the_question(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    first = dev.sees("api 1.4.2 → 1.4.3", 10)
    world.clock.wait(10)

    world.registry.push("shop/api:1.4.4")
    pushed(world, "shop/api")

    assert dev.sees("api 1.4.2 → 1.4.4 · patch", 10) == first
    assert len(dev.messages("ops")) == 1


def test_a_skipped_version_is_not_asked_again_and_the_next_one_is(
    dev: MemoryPerson, world: World
) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    clicked = dev.clicks("Skip this version", on=asked)
    dev.sees("↩️ api · shop/api:1.4.3", after=clicked)
    dev.sees("↩️ api 1.4.2 → 1.4.3 · skipped by dev", after=clicked)
    pushed(world, "shop/api")
    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    dev.does_not_see("api 1.4.2 → 1.4.3 · patch", 1, after=clicked)

    world.registry.push("shop/api:1.4.4")
    world.clock.leap(LOOK)
    assert dev.sees("api 1.4.2 → 1.4.4 · patch", 10) != asked


def test_a_hold_shows_in_the_question_and_its_end_too(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    clicked = dev.clicks("Hold", on=asked)
    dev.sees("✋ api", after=clicked)
    held = dev.sees("⏸ api 1.4.2 → 1.4.3", after=clicked)
    assert 'It is held by dev: "not 1.4.3 yet"' in held.text

    dev.asks("release api", "released")
    dev.sees("🟡 api 1.4.2 → 1.4.3", after=held.posted.now.seq)


def test_a_moved_tag_is_a_new_build(dev: MemoryPerson, world: World) -> None:
    follow(world, "digest", "shop/api:stable")
    build = world.registry.push("shop/api:stable", starts=0.2)

    world.clock.leap(LOOK)
    asked = dev.sees("· new build ·", 10)

    assert f"→ @{build.digest[7:14]}" in asked.text
    clicked = dev.clicks("Deploy", on=asked)
    dev.sees("✅ api", after=clicked)
    dev.sees("· deployed", after=clicked)


def test_what_goes_too_far_is_not_asked(dev: MemoryPerson, world: World) -> None:
    follow(world, "patch")
    world.registry.push("shop/api:1.5.0")
    world.registry.push("shop/api:1.4.3-rc1")
    world.registry.push("shop/api:1.4.3-alpine")

    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    dev.does_not_see("api", 1)


@pytest.mark.parametrize("label", ["", "yes", "PATCHES"])
def test_without_a_label_nothing_is_looked_for(dev: MemoryPerson, world: World, label: str) -> None:
    follow(world, label)
    world.registry.push("shop/api:1.4.3")

    world.clock.leap(LOOK)
    world.clock.leap(LOOK)

    assert world.registry_api.calls == []


def test_what_was_gone_back_from_is_not_offered_again(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)
    clicked = dev.clicks("Deploy", on=asked)
    dev.sees("✅ api is on", after=clicked)
    dev.sees("· deployed", after=clicked)

    back = dev.types("/swarm rollback api")
    dev.sees("✅ api", after=back)

    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    dev.does_not_see("api 1.4.2 → 1.4.3 · patch", 1, after=back)


def test_a_deploy_that_turned_back_says_so(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3", exits=3, starts=6.0)
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    clicked = dev.clicks("Deploy", on=asked)
    changing = dev.sees("⏸ api 1.4.2 → 1.4.3", after=clicked)
    assert "The service is being changed." in changing.text
    assert changing.buttons == []
    dev.sees("↩️ api rolled back", after=clicked)

    last = dev.sees("↩️ api 1.4.2 → 1.4.3 · deployed, and turned back", after=clicked)
    world.clock.leap(LOOK)
    world.clock.leap(LOOK)
    dev.does_not_see("1.4.3 · patch", 1, after=last.posted.now.seq)


def test_somebody_else_deploys_something_else(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    dev.sees("api 1.4.2 → 1.4.3", 10)

    world.registry.push("shop/api:2.0.0")
    world.deploys_by_hand("api", "shop/api:2.0.0")

    dev.sees("🟠 api 1.4.2 → 1.4.3 · no longer offered", 60)


def test_after_a_restart_nothing_is_asked_twice(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    world.bot.crash()
    world.start_bot()
    world.clock.leap(LOOK)

    assert dev.messages("ops") == [asked]
    clicked = dev.clicks("Skip this version", on=asked)
    dev.sees("is skipped", after=clicked)
    dev.sees("skipped by dev", after=clicked)


@pytest.mark.world(
    (Role(name="operator", users=(DEV,)),),
    (PolicyRule(commands=("deploy", "image skip"), services=("web",), ask=("operator",)),),
)
def test_who_may_not_deploy_it_may_not_skip_it_either(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    for label in ("Deploy", "Skip this version", "Hold"):
        clicked = dev.clicks(label, on=asked)
        dev.sees("✋", after=clicked)
    assert world.image_of("api") == "shop/api:1.4.2"


def test_a_look_costs_two_calls_however_many_services_there_are(world: World) -> None:
    for name in ("api", "api-eu", "api-us"):
        world.runs(name, "shop/api:1.4.2", Labels={AUTO_LABEL: "patch"})
    world.clock.leap(40)

    calls = ["GET /v2/shop/api/tags/list", "HEAD /v2/shop/api/manifests/1.4.2"]
    assert world.registry_api.calls == calls
    world.clock.leap(LOOK)
    assert world.registry_api.calls == 2 * calls


@pytest.mark.world(bots=2)
def test_the_next_leader_goes_on_in_the_same_message(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    asked = dev.sees("api 1.4.2 → 1.4.3", 10)

    world.bots[0].crash()
    world.clock.wait(30)
    world.registry.push("shop/api:1.4.4")
    world.bots[1].store.new_images.hint(["shop/api"])

    assert dev.sees("api 1.4.2 → 1.4.4", 30) == asked
    assert len(dev.messages("ops")) == 1


def test_a_service_that_is_gone_ends_the_question(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    dev.sees("api 1.4.2 → 1.4.3", 10)

    asked = dev.types("/swarm service rm api")
    dev.sees("✅ api removed", after=asked)

    dev.sees("🟠 api 1.4.2 → 1.4.3 · no longer offered", 60)


def test_a_registry_that_is_away_for_an_hour_is_an_alert_and_nothing_else(
    dev: MemoryPerson, world: World
) -> None:
    bot = world.bot
    observer = Observer(bot.swarm, bot.store, world.settings.watch, lambda: "", lambda: ())
    notifier, memory = Notifier(bot.poster, bot.store, world.settings), Memory()
    follow(world)
    world.registry.away = "no connection"

    def looks(seconds: float) -> None:
        nonlocal memory
        world.clock.leap(seconds)
        now = world.clock.now()
        verdict = judge(observer.completed(Snapshot(at=now), now), memory, world.settings.watch)
        notifier.tell(memory.incidents, verdict.memory.incidents.values(), (), now)
        memory = verdict.memory
        world.clock.wait(1)

    for _ in range(6):
        looks(9 * 60)
    assert dev.messages("ops") == []
    looks(15 * 60)
    dev.sees("🟠 The registry docker.io does not answer", 5)
    world.registry.away = ""
    looks(10 * 60)
    (alert,) = [message for message in dev.messages("ops") if not message.in_thread]
    assert "🟢 The registry docker.io answers again · was away 1 h" in dev.reads(alert)
    observer.close()


def test_a_version_that_is_taken_back_is_no_longer_offered(dev: MemoryPerson, world: World) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")
    dev.sees("🟡 api 1.4.2 → 1.4.3", 10)
    world.clock.wait(10)

    del world.registry.builds["shop/api:1.4.3"]
    pushed(world, "shop/api")

    dev.sees("🟠 api 1.4.2 → 1.4.3 · no longer offered", 10)


def test_a_version_that_is_pushed_anew_is_the_one_that_is_deployed(
    dev: MemoryPerson, world: World
) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3", exits=3)
    pushed(world, "shop/api")
    asked = dev.sees("🟡 api 1.4.2 → 1.4.3", 10)
    world.clock.wait(10)

    build = world.registry.push("shop/api:1.4.3")
    pushed(world, "shop/api")

    anew = dev.sees(f"@{build.digest[7:14]}", 10)
    assert anew == asked
    clicked = dev.clicks("Deploy", on=anew)
    dev.sees("✅ api is on shop/api:1.4.3", after=clicked)
    dev.sees("· deployed", after=clicked)
