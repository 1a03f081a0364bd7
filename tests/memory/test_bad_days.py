"""Redis away, no leader, answers that are lost, bots that crash, freeze, or are two."""

from __future__ import annotations

import pytest

from tests.memory.twin.pool import nothing
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_without_redis_nothing_changes_and_reads_go_on(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.redis.away = True

    status = dev.asks("status", "Swarm").text
    assert "Redis does not answer" in status
    assert "rollouts not known" in status, "one may run all the same"
    assert "Redis does not answer" in dev.asks("scale web=3", "✋").text
    assert world.replicas_of("web") == 2

    world.redis.away = False
    dev.asks("scale web=3", "✅ web · replicas 2 → 3")


def test_redis_that_goes_away_in_mid_rollout_is_waited_for(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("1/3")

    world.redis.away = True
    dev.sees("✅ web is on")
    world.redis.away = False

    # The lock could not be given back: its lease runs out.
    world.clock.run(lambda: False, 12)
    dev.asks("deploy web shop/web:1.0", "✅ web is on")


def test_a_change_whose_record_redis_has_lost_is_not_shown_as_running_for_ever(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")

    world.redis.client().flushall()
    world.clock.run(world.clock.is_idle, 60)

    assert "lost its lock" in dev.reads(message)


def test_redis_that_goes_away_before_the_change_is_sent_leaves_no_record(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")

    def away() -> None:
        world.redis.away = True

    world.bot.engines.moments.before_change = away
    dev.types("/swarm scale web=3")
    world.clock.run(lambda: False, 5)
    world.bot.engines.moments.before_change = nothing
    world.redis.away = False
    stopped = dev.sees("Redis does not answer")
    assert stopped.text.startswith("❌ web · replicas 2 → 3 · stopped")

    # The lock could not be given back: its lease runs out.
    world.clock.run(lambda: False, 12)
    store = world.bot.store
    assert not store.rollouts.running(), "a record says that it runs"
    assert not store.audit.open_intents()
    dev.asks("scale web=3", "✅ web · replicas 2 → 3")


def test_a_change_whose_record_redis_lost_is_ended_by_who_slept_past_its_lease(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    message = dev.sees("1/3")
    world.bot.freeze()
    world.redis.client().flushall()
    world.clock.run(lambda: False, 12)
    world.bot.resume()

    # Nobody else can know of it, and the one that does may not go on.
    ended = dev.sees("swarmbot lost its lock and stopped")
    assert ended == message
    assert ended.text.startswith("❌ web → shop/web:2.0 · stopped")
    assert not world.bot.store.rollouts.running()


def test_without_a_leader_nothing_is_claimed(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    for name in ("node2", "node3"):
        world.swarm.stop_node(name)

    assert "leader" in dev.asks("scale web=3").text

    world.swarm.start_node("node2")
    dev.asks("scale web=3", "✅ web · replicas 2 → 3")


def test_a_leader_that_is_lost_in_mid_rollout_is_waited_for(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("1/3")

    for name in ("node2", "node3"):
        world.swarm.stop_node(name)
    world.clock.run(lambda: False, 5)
    for name in ("node2", "node3"):
        world.swarm.start_node(name)

    dev.sees("✅ web is on")


def test_a_change_whose_answer_was_lost_is_sent_once(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    for wire in world.bot.engines.wires.values():
        wire.loses_answers = 1

    dev.asks("deploy web shop/web:2.0", "✅ web is on")

    sent = [c for w in world.bot.engines.wires.values() for c in w.sent if "update" in c[1]]
    assert len(sent) == 1


def test_a_version_that_moved_is_tried_again(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.swarm.cluster.moves_versions = 2

    dev.asks("deploy web shop/web:2.0", "✅ web is on")


@pytest.mark.world(bots=2)
def test_two_bots_share_their_locks(dev: MemoryPerson, lead: MemoryPerson, world: World) -> None:
    first, second = world.bots
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 2s")
    dev.sees("1/3")

    world.talks_to(second)
    assert "✋ dev has been changing this" in lead.asks("deploy web shop/web:3.0", "✋").text

    dev.sees("✅ web is on")
    assert first.leader.leads
    assert not second.leader.leads


@pytest.mark.world(bots=2)
def test_the_same_payload_twice_is_done_once(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.slack.deliverer.delivers_twice = True

    dev.asks("scale web=3", "✅ web · replicas 2 → 3")

    assert len([message for message in dev.messages("ops") if not message.in_thread]) == 1


@pytest.mark.world(bots=2)
def test_the_other_bot_goes_on_with_what_a_crash_left(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")

    world.bot.crash()

    assert dev.sees("✅ web is on") == message
    dev.asks("deploy web shop/web:1.0", "✅ web is on")
    assert not world.bots[1].store.audit.open_intents()


def test_a_bot_that_starts_anew_goes_on_in_the_same_message(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")

    world.bot.stop()
    world.start_bot()

    assert dev.sees("✅ web is on") == message
    assert not world.bots[1].store.audit.open_intents()


@pytest.mark.world(bots=2)
def test_a_bot_that_slept_lets_the_other_end_the_change(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    message = dev.sees("1/3")

    world.bot.freeze()
    assert dev.sees("✅ web is on") == message
    world.bot.resume()

    world.clock.run(world.clock.is_idle, 60)
    assert "✅ web is on" in message.text
    assert len([message for message in dev.messages("ops") if not message.in_thread]) == 1


def test_without_redis_a_refused_change_names_the_line_that_does_the_same_by_hand(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")
    dev.asks("node update --availability drain node4", "node4 is Drain")
    world.redis.away = True
    lines = {
        "node update --availability active node4": "docker node update --availability=active node4",
        "deploy web shop/web:2.0": "docker service update --image=shop/web:2.0 web",
        "rollback web": "docker service rollback web",
        "scale web=3": "docker service scale web=3",
        "swarm unlock --on node3": "docker swarm unlock",
        "service update --env-add PASSWORD=geheim web": (
            "docker service update '--env-add=PASSWORD=•••' web"
        ),
    }
    for line, by_hand in lines.items():
        assert f"on a manager: {by_hand}" in dev.asks(line, "✋ Redis does not answer").text
    assert "by hand" not in dev.asks("hold web repair", "✋ Redis does not answer").text
