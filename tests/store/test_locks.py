"""One change at a time on each target, whichever bot it comes from, and whatever happens to the bot
in between."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from redis import Redis

from bot.errors import LeaseLostError, LockedError, NoLeaderError
from bot.store.connection import connect
from bot.store.locks import LockStore

from .conftest import Server


def soon(happened: Callable[[], bool], seconds: float = 3) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)
    return happened()


def renewing_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "locks"]


def test_of_a_hundred_who_come_at_once_one_goes_in(redis: Redis, other_redis: Redis) -> None:
    bots = (LockStore(redis), LockStore(other_redis))
    gate, all_tried = threading.Barrier(100), threading.Event()
    inside: list[int] = []
    told: list[str] = []

    def come(number: int) -> None:
        gate.wait()
        try:
            with bots[number % 2].acquire(["service:s1"], f"user{number}", "deploy"):
                inside.append(number)
                all_tried.wait(10)
        except LockedError as held:
            told.append(held.lock.actor)
            if len(told) == 99:
                all_tried.set()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inside) == 1
    assert told == [f"user{inside[0]}"] * 99


def test_the_second_learns_who_holds_it_since_when_and_why(
    redis: Redis, other_redis: Redis
) -> None:
    here, there = LockStore(redis), LockStore(other_redis)
    with here.acquire(["service:s1"], "ann", "deploy web v2") as held:
        with pytest.raises(LockedError) as refused, there.acquire(["service:s1"], "ben", "scale"):
            pass
        assert refused.value.lock == held.locks[0] == there.of("service:s1")
        assert (refused.value.lock.actor, refused.value.lock.reason) == ("ann", "deploy web v2")


def test_all_targets_or_none(redis: Redis) -> None:
    locks = LockStore(redis)
    with locks.acquire(["service:b", "service:a", "service:a"], "ann", "stack rm"):
        with (
            pytest.raises(LockedError) as refused,
            locks.acquire(["service:b", "service:a1"], "ben", "scale"),
        ):
            pass
        assert refused.value.lock.target == "service:b"
        assert [lock.target for lock in locks.all()] == ["service:a", "service:b"]
    assert locks.all() == ()


def test_a_hold_is_extended_to_what_came_into_being_meanwhile(
    redis: Redis, other_redis: Redis
) -> None:
    locks, others = LockStore(redis), LockStore(other_redis)
    with locks.acquire(["service:web"], "ann", "create web") as held:
        held.extend("service:s1")
        assert [lock.target for lock in held.locks] == ["service:web", "service:s1"]
        assert locks.has_lease("service:s1")
        with pytest.raises(LockedError), others.acquire(["service:s1"], "ben", "deploy"):
            pass
        with others.acquire(["service:s2"], "ben", "deploy"), pytest.raises(LockedError):
            held.extend("service:s2")
    assert locks.of("service:s1") is None
    with others.acquire(["service:s1"], "ben", "deploy") as next_one:
        assert next_one.fence > held.fence


def test_each_holder_has_a_higher_fence_and_leaves_nothing_behind(
    redis: Redis, other_redis: Redis
) -> None:
    fences = []
    for locks in (LockStore(redis), LockStore(other_redis), LockStore(redis)):
        with locks.acquire(["service:s1"], "ann", "deploy") as held:
            fences.append(held.fence)
    assert fences == sorted(set(fences))
    assert redis.keys() == ["swarmbot:fences"]


def test_a_failure_inside_releases_too(redis: Redis) -> None:
    locks = LockStore(redis)
    with pytest.raises(NoLeaderError), locks.acquire(["service:s1"], "ann", "deploy"):
        raise NoLeaderError("election")
    assert locks.of("service:s1") is None


def test_a_change_without_targets_waits_for_nobody_and_is_never_lost(redis: Redis) -> None:
    locks = LockStore(redis, lease_seconds=0.01)
    with (
        locks.acquire([], "ann", "network create") as lease,
        locks.acquire([], "ben", "network create") as two,
    ):
        time.sleep(0.05)
        lease.check()
        assert two.fence > lease.fence


def test_the_lease_is_renewed_while_the_work_goes_on_and_the_thread_ends_with_it(
    redis: Redis,
) -> None:
    locks = LockStore(redis, lease_seconds=1, renew_seconds=0.2)
    with (
        locks.acquire(["service:s1"], "ann", "deploy") as first,
        locks.acquire(["service:s2"], "ann", "deploy") as second,
    ):
        time.sleep(1.4)
        first.check()
        second.check()
        assert len(locks.all()) == 2
        assert len(renewing_threads()) == 1
    assert soon(lambda: not renewing_threads())
    with locks.acquire(["service:s1"], "ben", "deploy") as again:
        time.sleep(1.2)
        again.check()


def test_the_lock_of_a_killed_bot_is_free_when_its_lease_ends(server: Server, redis: Redis) -> None:
    story = (
        "import sys, time; from bot.store.locks import LockStore; from bot.store.connection "
        "import connect\n"
        "locks = LockStore(connect(sys.argv[1]), lease_seconds=1.2, renew_seconds=0.2)\n"
        "with locks.acquire(['service:s1'], 'ann', 'deploy'): print('in', flush=True), "
        "time.sleep(60)"
    )
    bot = subprocess.Popen([sys.executable, "-c", story, server.url], stdout=subprocess.PIPE)
    assert bot.stdout
    assert bot.stdout.readline() == b"in\n"
    time.sleep(1.5)
    locks = LockStore(redis)
    assert locks.of("service:s1")
    bot.send_signal(signal.SIGKILL)
    bot.communicate()
    with pytest.raises(LockedError), locks.acquire(["service:s1"], "ben", "deploy"):
        pass
    assert soon(lambda: locks.of("service:s1") is None)
    with locks.acquire(["service:s1"], "ben", "deploy"):
        pass


def test_who_slept_through_the_lease_knows_it_and_takes_nothing_from_the_next(
    redis: Redis, other_redis: Redis
) -> None:
    sleeper, awake = LockStore(redis, lease_seconds=0.2, renew_seconds=60), LockStore(other_redis)
    with ExitStack() as later:
        with sleeper.acquire(["service:s1"], "ann", "deploy") as old:
            assert soon(lambda: awake.of("service:s1") is None)
            new = later.enter_context(awake.acquire(["service:s1"], "ben", "deploy"))
            with pytest.raises(LeaseLostError) as lost:
                old.check()
            assert lost.value.target == "service:s1"
            assert new.fence > old.fence
        assert awake.of("service:s1") == new.locks[0]


def test_who_slept_past_the_lease_does_not_get_it_back_though_nobody_was_in_between(
    redis: Redis,
) -> None:
    locks = LockStore(redis, lease_seconds=0.3, renew_seconds=60)
    with locks.acquire(["service:s1"], "ann", "deploy") as held:
        held.confirm(0.1)
        assert soon(lambda: locks.of("service:s1") is None)
        with pytest.raises(LeaseLostError):
            held.confirm(0.1)
        locks.renew()
        assert held.lost
        assert locks.of("service:s1") is None


def test_a_lease_is_confirmed_for_as_long_as_a_call_may_take(redis: Redis) -> None:
    locks = LockStore(redis, lease_seconds=2, renew_seconds=60)
    with (
        locks.acquire(["service:s1"], "ann", "swarm join"),
        locks.acquire(["service:s2"], "ann", "swarm join") as held,
    ):
        held.confirm(30)
        assert redis.pttl("swarmbot:lock:service:s2") > 30_000
        locks.renew()
        assert redis.pttl("swarmbot:lock:service:s2") > 30_000
        assert redis.pttl("swarmbot:lock:service:s1") <= 2_000
    with pytest.raises(LeaseLostError):
        held.confirm(1)


def test_nothing_is_confirmed_without_a_target_or_once_somebody_else_has_it(
    redis: Redis, other_redis: Redis
) -> None:
    locks = LockStore(redis)
    with locks.acquire([], "ann", "hold") as nothing, pytest.raises(LeaseLostError):
        nothing.confirm(1)
    with locks.acquire(["service:s1"], "ann", "deploy") as held:
        other_redis.delete("swarmbot:lock:service:s1", "swarmbot:fence:service:s1")
        with (
            LockStore(other_redis).acquire(["service:s1"], "ben", "deploy"),
            pytest.raises(LeaseLostError),
        ):
            held.confirm(1)


def test_a_lease_that_ran_out_stays_lost_where_somebody_was_in_between(
    redis: Redis, other_redis: Redis
) -> None:
    locks = LockStore(redis, lease_seconds=0.3, renew_seconds=1)
    with locks.acquire(["service:s1"], "ann", "deploy") as held:
        assert soon(lambda: locks.of("service:s1") is None)
        with LockStore(other_redis).acquire(["service:s1"], "ben", "scale"):
            pass
        assert soon(lambda: not renewing_threads()), "there is nothing left to renew"
        assert held.lost
        assert locks.of("service:s1") is None


def test_a_renewal_does_not_take_the_target_from_who_holds_it_now(
    redis: Redis, other_redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    locks = LockStore(redis, lease_seconds=2, renew_seconds=0.1)
    with locks.acquire(["service:s1"], "ann", "deploy") as held:
        other_redis.delete("swarmbot:lock:service:s1", "swarmbot:fence:service:s1")
        with LockStore(other_redis, renew_seconds=60).acquire(
            ["service:s1"], "ben", "scale"
        ) as now:
            assert soon(lambda: "lost the lock on service:s1" in caplog.messages)
            assert held.lost
            assert locks.of("service:s1") == now.locks[0]


def test_one_target_taken_loses_the_whole_hold_and_names_it(redis: Redis) -> None:
    locks = LockStore(redis, lease_seconds=2, renew_seconds=0.1)
    with locks.acquire(["service:a", "service:b"], "ann", "stack rm") as held:
        redis.delete("swarmbot:lock:service:b", "swarmbot:fence:service:b")
        assert soon(lambda: held.lost)
        with pytest.raises(LeaseLostError) as lost:
            held.check()
        assert lost.value.target == "service:b"


def test_a_hold_outlives_a_restart_of_redis(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        locks = LockStore(redis, lease_seconds=0.8, renew_seconds=0.2)
        with locks.acquire(["service:s1"], "ann", "deploy") as held:
            mortal.kill()
            assert soon(lambda: held.lost)
            mortal.start()
            assert soon(lambda: not held.lost)
            assert locks.of("service:s1") == held.locks[0]
        assert locks.of("service:s1") is None


def test_leaving_with_redis_away_is_quiet(mortal: Server) -> None:
    with connect(mortal.url) as redis, LockStore(redis).acquire(["service:s1"], "ann", "deploy"):
        mortal.kill()


def test_a_bot_knows_what_it_holds_itself_though_redis_forgot_it(
    redis: Redis, other_redis: Redis
) -> None:
    mine, theirs = LockStore(redis), LockStore(other_redis)
    with mine.acquire(["service:s1"], "ann", "deploy"):
        redis.flushall()
        assert mine.of("service:s1") is None
        assert mine.has_lease("service:s1")
        assert not mine.has_lease("service:s2")
        assert not theirs.has_lease("service:s1")
    assert not mine.has_lease("service:s1")


def test_what_is_held_of_many_is_said_at_once(redis: Redis, other_redis: Redis) -> None:
    with LockStore(other_redis).acquire(["service:a", "node:b"], "dev", "deploy"):
        assert LockStore(redis).locked(["service:a", "service:c", "node:b"]) == {
            "service:a",
            "node:b",
        }
        assert LockStore(redis).locked([]) == frozenset()
    assert LockStore(redis).locked(["service:a", "node:b"]) == frozenset()


def test_fences_go_on_growing_after_redis_lost_everything(redis: Redis) -> None:
    locks = LockStore(redis)
    with locks.acquire(["service:s1"], "ann", "deploy") as before:
        redis.flushall()
        # The first fence is the time in milliseconds.
        time.sleep(0.005)
        with LockStore(redis).acquire(["service:s1"], "ben", "deploy") as after:
            assert after.fence > before.fence
