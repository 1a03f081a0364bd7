"""A rollout is written down so that any bot can go on with it, and that only the one who holds the
service does."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis

from bot.errors import LeaseLostError
from bot.model import Difference, MessageRef
from bot.model.rollout import WishAnswer
from bot.store.locks import LockStore
from bot.store.rollouts import Rollouts

from .conftest import ANN, BEN, NOW, SIGNER, rollout


def test_what_was_saved_comes_back_whole(redis: Redis, other_redis: Redis) -> None:
    full = rollout(
        warnings=("<!channel> has no health check",),
        changes=(Difference("--image", "web:v1", "web:v2"),),
        channel="C1",
        approved_by=("U003",),
        reason='"größer"',
    )
    Rollouts(redis, SIGNER).save(full, 1)
    assert Rollouts(other_redis, SIGNER).get("r1") == full
    assert Rollouts(other_redis, SIGNER).of_service("s1") == full
    assert Rollouts(other_redis, SIGNER).get("r2") is None


def test_the_running_ones_are_listed_the_oldest_first_until_they_end(redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    old, new = rollout("zz", "s1"), rollout("aa", "s2", started=NOW + timedelta(seconds=1))
    rollouts.save(new, 2)
    rollouts.save(old, 1)
    assert rollouts.running() == (old, new)
    rollouts.finish(replace(old, summary="ended"))
    assert rollouts.running() == (new,)
    assert rollouts.of_service("s1") is None
    assert rollouts.of_service("s2") == new


def test_a_finished_one_is_kept_for_a_week_and_never_runs_again(redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    rollouts.save(rollout(), 1)
    rollouts.finish(rollout(summary="completed"))
    assert 604_000 < redis.ttl("swarmbot:rollout:r1") <= 604_800
    rollouts.save(rollout(summary="late word"), 1)
    assert rollouts.running() == ()
    assert rollouts.of_service("s1") is None
    assert redis.ttl("swarmbot:rollout:r1") > 604_000
    assert rollouts.get("r1") == rollout(summary="late word")


def test_a_late_holder_cannot_write_over_its_successor(redis: Redis, other_redis: Redis) -> None:
    here, there = LockStore(redis, lease_seconds=0.05, renew_seconds=60), LockStore(other_redis)
    rollouts = Rollouts(redis, SIGNER)
    with here.acquire(["service:s1"], "ann", "deploy") as late:
        rollouts.save(rollout(summary="here"), late.fence)
        threading.Event().wait(0.1)
        with there.acquire(["service:s1"], "ann", "resume") as now:
            Rollouts(other_redis, SIGNER).save(rollout(summary="there"), now.fence)
        for write in (rollouts.save, rollouts.finish):
            with pytest.raises(LeaseLostError) as lost:
                write(rollout(summary="late"), late.fence)
            assert lost.value.target == "service:s1"
    assert rollouts.running() == (rollout(summary="there"),)


def test_a_late_holder_cannot_put_its_own_rollout_before_the_next_one_of_the_service(
    redis: Redis,
) -> None:
    rollouts = Rollouts(redis, SIGNER)
    rollouts.save(rollout("old"), 1)
    rollouts.save(rollout("new"), 2)
    with pytest.raises(LeaseLostError):
        rollouts.save(rollout("old"), 1)
    rollouts.finish(rollout("old"))
    assert rollouts.of_service("s1") == rollout("new")
    rollouts.finish(rollout("new"))
    with pytest.raises(LeaseLostError):
        rollouts.save(rollout("older"), 1)


def test_a_service_that_rolls_again_is_not_forgotten_with_its_last_rollout(redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    rollouts.save(rollout("old"), 1)
    rollouts.finish(rollout("old"))
    rollouts.save(rollout("new"), 2)
    assert redis.ttl("swarmbot:rollouts:service:s1") == -1
    assert redis.ttl("swarmbot:rollout:new") == -1


def test_a_rollback_is_wished_once(redis: Redis, other_redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    assert rollouts.rollback_wish("r1") is None
    assert rollouts.ask_rollback("r1", ANN) is WishAnswer.LEFT
    assert Rollouts(other_redis, SIGNER).ask_rollback("r1", BEN) is WishAnswer.LEFT_BEFORE
    assert rollouts.rollback_wish("r1") == ANN
    assert rollouts.rollback_wish("r2") is None


def test_once_it_is_settled_no_wish_is_taken_and_one_of_before_is_not_lost(redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    rollouts.save(rollout("r1"), 1)
    rollouts.save(rollout("r2", "s2"), 1)
    rollouts.ask_rollback("r1", ANN)
    assert not rollouts.settle("r1")
    assert rollouts.settle("r2")
    assert rollouts.ask_rollback("r2", ANN) is WishAnswer.TOO_LATE
    rollouts.finish(rollout("r1"))
    assert rollouts.ask_unfollow("r1", ANN) is WishAnswer.TOO_LATE
    assert not rollouts.unfollow_wish("r1")


def test_the_message_stands_beside_the_record_whoever_writes_first(
    redis: Redis, other_redis: Redis
) -> None:
    rollouts = Rollouts(redis, SIGNER)
    assert rollouts.message("r1") is None
    rollouts.posted("r1", MessageRef("C1", "17.4"))
    rollouts.save(rollout(), 1)
    assert Rollouts(other_redis, SIGNER).message("r1") == MessageRef("C1", "17.4")
    assert rollouts.get("r1") == rollout()


def test_a_message_says_which_change_it_shows(redis: Redis, other_redis: Redis) -> None:
    shown = MessageRef("C1", "17.4")
    Rollouts(redis, SIGNER).posted("r1", shown)
    assert Rollouts(other_redis, SIGNER).shown_in(shown) == "r1"
    assert Rollouts(other_redis, SIGNER).shown_in(MessageRef("C2", "17.4")) == ""


def test_it_is_unfinished_until_it_is_finished(redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    assert rollouts.unfinished("r1") is None
    rollouts.save(rollout(), 1)
    assert rollouts.unfinished("r1") == rollout()
    rollouts.finish(rollout())
    assert rollouts.unfinished("r1") is None


def test_the_newest_of_each_service_is_known_while_it_runs_and_for_a_day_after(
    redis: Redis, other_redis: Redis
) -> None:
    rollouts = Rollouts(redis, SIGNER)
    assert rollouts.recent() == {}
    rollouts.save(rollout("old"), 1)
    rollouts.finish(rollout("old", summary="ended"), 1)
    assert rollouts.recent() == {"s1": rollout("old", summary="ended")}
    rollouts.save(rollout("new"), 2)
    rollouts.save(rollout("new", summary="half"), 2)
    rollouts.save(rollout("else", "s2"), 3)
    rollouts.finish(rollout("else", "s2"), 3)
    rollouts.finish(rollout("old", summary="late word"))
    assert Rollouts(other_redis, SIGNER).recent() == {
        "s1": rollout("new", summary="half"),
        "s2": rollout("else", "s2"),
    }

    redis.zincrby("swarmbot:rollouts:ended", -86_401, "s2")
    assert rollouts.recent() == {"s1": rollout("new", summary="half")}
    assert redis.hkeys("swarmbot:rollouts:recent") == ["s1"]
    rollouts.finish(rollout("new"), 2)
    redis.zincrby("swarmbot:rollouts:ended", -86_401, "s1")
    rollouts.save(rollout("newer"), 4)
    assert rollouts.recent() == {"s1": rollout("newer")}, "what runs is never too old"


def test_what_was_finished_and_never_saved_is_recent_too(redis: Redis) -> None:
    Rollouts(redis, SIGNER).finish(rollout())
    assert Rollouts(redis, SIGNER).recent() == {"s1": rollout()}


def test_the_recent_ones_cost_one_question(redis: Redis) -> None:
    rollouts = Rollouts(redis, SIGNER)
    for number in range(30):
        rollouts.save(rollout(f"r{number}", f"s{number}"), number + 1)
    rollouts.recent()
    before = redis.info("commandstats")["cmdstat_evalsha"]["calls"]
    total = redis.info("stats")["total_commands_processed"]
    assert len(rollouts.recent()) == 30
    stats = redis.info("commandstats")
    assert stats["cmdstat_evalsha"]["calls"] == before + 1
    assert redis.info("stats")["total_commands_processed"] - total < 15, "no question a service"
