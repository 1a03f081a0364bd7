"""What is delivered twice runs once."""

from __future__ import annotations

import threading
import time

from redis import Redis

from bot.store.connection import connect
from bot.store.seen import Seen

from .conftest import Server


def test_of_two_bots_one_claims(redis: Redis, other_redis: Redis) -> None:
    here, there = Seen(redis), Seen(other_redis)
    assert here.claim("Ev1")
    assert not here.claim("Ev1")
    assert not there.claim("Ev1")
    assert there.claim("Ev2")


def test_of_many_threads_one_claims(redis: Redis, other_redis: Redis) -> None:
    bots, gate, won = (Seen(redis), Seen(other_redis)), threading.Barrier(40), []

    def claim(seen: Seen) -> None:
        gate.wait()
        won.append(seen.claim("Ev1"))

    threads = [threading.Thread(target=claim, args=(bots[number % 2],)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 39 + [True]


def test_a_claim_ends(redis: Redis) -> None:
    seen = Seen(redis)
    assert seen.claim("Ev1", seconds=1)
    time.sleep(1.1)
    assert seen.claim("Ev1", seconds=1)


def test_with_redis_away_the_same_process_still_knows_and_redis_back_changes_nothing(
    mortal: Server,
) -> None:
    with connect(mortal.url) as redis:
        seen = Seen(redis)
        assert seen.claim("before")
        mortal.kill()
        assert not seen.claim("before")
        assert seen.claim("during")
        assert not seen.claim("during")
        mortal.start()
        assert not seen.claim("during")
        assert not seen.claim("before")


def test_the_memory_of_a_process_is_bounded() -> None:
    with connect("unix:///nowhere/redis.sock") as redis:
        seen = Seen(redis)
        for number in range(10_050):
            assert seen.claim(f"Ev{number}")
        assert not seen.claim("Ev10049")
        assert seen.claim("Ev0")
