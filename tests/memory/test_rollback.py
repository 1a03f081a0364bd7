"""Buttons and lines that bring a service back: to what, once, never over a version in silence."""

from __future__ import annotations

import pytest

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


def test_a_button_whose_service_is_gone_says_so(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    web = world.runs("web")
    done = dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.outside.services.remove(web["ID"])
    world.runs("web")

    clicked = lead.clicks("Roll back", on=done)

    gone = f"❌ This service is gone: none has the id {web['ID'][:12]} any more."
    assert lead.sees("gone", after=clicked).text.startswith(gone)
    assert world.replicas_of("web") == 2


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


@pytest.mark.world(bots=2)
def test_a_turn_back_that_is_seen_only_once_the_update_is_done_happens(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.types("/swarm deploy web shop/web:2.0")
    rolling = dev.sees("🔵 web →")
    world.bot.crash()

    clicked = lead.clicks("Roll back", on=rolling)
    lead.sees("turns back to", after=clicked)

    dev.sees("↩️ web rolled back to 1.0 · by lead")
    assert world.image_of("web") == "shop/web:1.0"


def test_who_presses_when_it_has_just_ended_is_told_so(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.types("/swarm deploy web shop/web:2.0")
    rolling = dev.sees("🔵 web →")
    rollouts = world.bot.store.rollouts
    (rollout,) = rollouts.running()
    assert rollouts.settle(rollout.id)

    clicked = dev.clicks("Roll back", on=rolling)
    told = dev.sees("ended at this moment", after=clicked)

    dev.sees("✅ web is on")
    assert world.image_of("web") == "shop/web:2.0"
    sure = dev.clicks("Roll back to 1.0", on=told)
    dev.sees("✅ web is on shop/web:1.0 again", after=sure)


def test_rollback_typed_twice_does_not_bring_the_bad_version_back(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    back = dev.asks("rollback web", "✅ web is on shop/web:1.0 again")
    assert "back to revision 1, first seen" in back.text

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


def test_an_update_that_stands_paused_goes_on(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=4)
    world.registry.push("shop/web:sick", exits=3)
    paused = dev.asks("deploy web shop/web:sick --failure-action pause", "⏸ web paused")
    world.registry.spoil("shop/web:sick", exits=None)

    clicked = dev.clicks("Retry", on=paused)
    sure = dev.clicks("Go on", on=dev.sees("stands paused", after=clicked))

    done = dev.sees("✅ web is on", after=sure)
    assert any("goes on from there" in version for version in done.life)
    assert "4/4" in done.text


def test_a_paused_update_that_fails_again_goes_back_to_what_ended_well(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=4)
    world.registry.push("shop/web:sick", exits=3)
    dev.asks("deploy web shop/web:sick --failure-action pause", "⏸ web paused")

    dev.asks("deploy web shop/web:sick --force", "↩️ web rolled back to 1.0")

    world.swarm.settle()
    assert world.image_of("web") == "shop/web:1.0"
    running = [t for t in world.swarm.cluster.tasks.values() if t["Status"]["State"] == "running"]
    images = {t["Spec"]["ContainerSpec"]["Image"].partition("@")[0] for t in running}
    assert images == {"shop/web:1.0"}


def test_a_rollback_that_paused_half_way_is_finished(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.registry.push("shop/web:broken", exits=3, after=0.3)
    asked = dev.types("/swarm deploy web shop/web:broken")
    dev.sees("🔵 web →", after=asked)
    world.registry.spoil("shop/web:2.0", exits=1)
    paused = dev.sees("⏸ web rollback to 2.0 paused", after=asked)
    world.registry.spoil("shop/web:2.0", exits=None)

    clicked = dev.clicks("Finish rollback", on=paused)

    dev.sees("✅ web is on shop/web:2.0 again", after=clicked)
    assert world.image_of("web") == "shop/web:2.0"


def test_start_first_without_room_is_warned_of_and_rolled_back_at_the_deadline(
    dev: MemoryPerson, world: World
) -> None:
    placement = {"Placement": {"MaxReplicas": 1}}
    config = {"Parallelism": 1, "Monitor": 1_000_000_000, "Order": "start-first"}
    world.runs("web", replicas=4, Task=placement, UpdateConfig=config)

    message = dev.asks("deploy web shop/web:2.0 --timeout 6s", "↩️ web rolled back to 1.0")

    assert any("start-first" in version for version in message.life)
    assert "runs as many replicas as" in message.text
    assert world.image_of("web") == "shop/web:1.0"


def test_a_rollback_to_an_image_that_the_registry_lost_changes_nothing(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    dev.asks("deploy web shop/web:3.0", "✅ web is on")
    world.registry.push("shop/web:2.0", log="built anew")

    lost = dev.asks("rollback web", "no longer has 2.0 of revision 2")

    assert world.image_of("web") == "shop/web:3.0"
    assert {"Deploy 2.0 as it is now", "Roll back to 1.0"} <= set(lost.buttons)
    clicked = dev.clicks("Roll back to 1.0", on=lost)
    dev.sees("✅ web is on shop/web:1.0 again", after=clicked)


def test_a_registry_that_is_away_warns_and_lets_the_rollback_go_on(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("deploy web shop/web:2.0", "✅ web is on")
    world.registry.away = "dial tcp: connection refused"

    done = dev.asks("rollback web", "✅ web is on shop/web:1.0 again")

    assert any("does not say whether it still has" in version for version in done.life)


def test_a_digest_that_is_kept_is_said(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.push("shop/web:1.0", log="built anew")

    done = dev.asks(
        "deploy web shop/web:1.0 --resolve-image changed --parallelism 2", "✅ web is on"
    )

    assert any("stands for another image now" in version for version in done.life)


def test_a_service_of_a_stack_and_an_update_of_somebody_else_are_said(
    dev: MemoryPerson, world: World
) -> None:
    config = {"Parallelism": 1, "Delay": 5_000_000_000, "Monitor": 1_000_000_000}
    labels = {"com.docker.stack.namespace": "shop"}
    world.runs("web", replicas=3, Labels=labels, UpdateConfig=config)
    named = f"shop/web:2.0@{world.registry.find('shop/web:2.0').digest}"
    world.by_hand("web", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Image=named))
    world.clock.run(lambda: False, 1)

    done = dev.asks("deploy web shop/web:3.0 --delay 0s", "✅ web is on")

    assert any("begun outside swarmbot is rolling now" in version for version in done.life)
    assert any("docker stack deploy" in version for version in done.life)


def test_a_rollback_of_what_keeps_data_on_its_node_says_so(dev: MemoryPerson, world: World) -> None:
    mounts = [{"Type": "volume", "Source": "data", "Target": "/data"}]
    world.runs("web")
    world.by_hand("web", lambda spec: spec["TaskTemplate"]["ContainerSpec"].update(Mounts=mounts))
    world.swarm.settle()
    dev.asks("deploy web shop/web:2.0", "✅ web is on")

    back = dev.asks("rollback web", "✅ web is on shop/web:1.0 again")

    assert any("starts empty" in version or "empty" in version for version in back.life)


def test_to_plan_a_rollback_writes_nothing(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.deploys_by_hand("web", "shop/web:2.0")

    dev.asks("rollback web", "web runs 2.0 now")

    revisions = world.bot.store.revisions
    assert revisions.of(world.swarm.cluster.service("web")["ID"]) == ()


@pytest.mark.world(bots=2)
def test_why_it_went_back_at_its_deadline_is_known_to_the_next_bot(
    dev: MemoryPerson, world: World
) -> None:
    placement = {"Placement": {"MaxReplicas": 1}}
    config = {"Parallelism": 1, "Monitor": 1_000_000_000, "Order": "start-first"}
    world.runs("web", replicas=4, Task=placement, UpdateConfig=config)
    dev.types("/swarm deploy web shop/web:2.0 --timeout 6s")
    assert dev.sees("is rolling back")
    world.bot.crash()

    ended = dev.sees("↩️ web rolled back to 1.0")

    assert "runs as many replicas as" in ended.text
