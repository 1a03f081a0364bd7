"""One bot of all leads, another when it is gone, and with Redis away rather two than none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from redis import Redis

from bot.store.connection import connect
from bot.store.leader import Leader

from .conftest import Server

STORY = (
    "import sys, time; from bot.store.leader import Leader; from bot.store.connection "
    "import connect\n"
    "leader = Leader(connect(sys.argv[1]), 'first', lease_seconds=float(sys.argv[2]))\n"
    "while True: leader.campaign(); print(int(leader.leads), leader.fence, flush=True); "
    "time.sleep(0.2)"
)


def campaigning(leader: Leader, happened: Callable[[], bool], seconds: float = 3) -> bool:
    """Campaign as a bot does until it happened."""
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        leader.campaign()
        time.sleep(0.02)
    return happened()


def test_who_comes_first_leads_and_goes_on_with_the_same_number(
    redis: Redis, other_redis: Redis
) -> None:
    here, there = (
        Leader(redis, "one", lease_seconds=0.5),
        Leader(other_redis, "two", lease_seconds=0.5),
    )
    assert not here.leads
    assert here.campaign()
    for _ in range(8):
        assert not there.campaign()
        assert here.campaign()
        time.sleep(0.1)
    assert (here.leads, there.leads, there.fence) == (True, False, 0)
    assert here.fence > 0


def test_of_many_who_race_one_leads(redis: Redis, other_redis: Redis) -> None:
    bots = [Leader((redis, other_redis)[number % 2], f"bot{number}") for number in range(20)]
    gate = threading.Barrier(20)

    def come(bot: Leader) -> None:
        gate.wait()
        bot.campaign()

    threads = [threading.Thread(target=come, args=[bot]) for bot in bots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bot.leads for bot in bots) == [False] * 19 + [True]
    assert sorted(bool(bot.fence) for bot in bots) == [False] * 19 + [True]


def test_two_who_race_for_long_never_lead_at_once_and_numbers_grow(
    redis: Redis, other_redis: Redis
) -> None:
    """Each falls asleep past its lease now and then. Whoever looks at both sees one lead at
    most."""
    bots = (Leader(redis, "one", lease_seconds=0.1), Leader(other_redis, "two", lease_seconds=0.1))
    terms: tuple[list[int], list[int]] = ([], [])
    stop = threading.Event()

    def race(bot: Leader, own: list[int]) -> None:
        while not stop.is_set():
            if bot.campaign():
                own.append(bot.fence)
            time.sleep(0.25 if bot.leads and len(own) % 5 == 4 else 0.02)

    threads = [
        threading.Thread(target=race, args=[bot, own]) for bot, own in zip(bots, terms, strict=True)
    ]
    for thread in threads:
        thread.start()
    assert soon(lambda: len(set(terms[0])) > 2 and len(set(terms[1])) > 2, lambda: both_lead(*bots))
    stop.set()
    for thread in threads:
        thread.join()
    assert list(terms[0]) == sorted(terms[0])
    assert list(terms[1]) == sorted(terms[1])
    assert not set(terms[0]) & set(terms[1]), "no number belongs to two"


def soon(happened: Callable[[], bool], never: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        assert not never()
        time.sleep(0.001)
    return happened()


def both_lead(leader: Leader, two: Leader) -> bool:
    """Whether the second led at a moment at which the first did: the same term before and after."""
    before = (leader.leads, leader.fence)
    second = two.leads
    return second and before == (True, leader.fence) and leader.leads


def test_who_resigns_is_followed_at_once_and_never_leads_again(
    redis: Redis, other_redis: Redis
) -> None:
    here, there = Leader(redis, "one"), Leader(other_redis, "two")
    here.campaign()
    here.resign()
    assert not here.leads
    assert there.campaign()
    assert there.fence == here.fence + 1
    there.resign()
    assert not here.campaign()
    here.resign()


def test_resigning_takes_nothing_from_another(redis: Redis, other_redis: Redis) -> None:
    here, there = Leader(redis, "one"), Leader(other_redis, "two")
    here.campaign()
    there.resign()
    assert not Leader(other_redis, "three").campaign()
    assert here.campaign()


def test_another_leads_within_ten_seconds_after_the_leader_was_killed(
    server: Server, redis: Redis
) -> None:
    """With the lease that it really has."""
    first = subprocess.Popen([sys.executable, "-c", STORY, server.url, "8"], stdout=subprocess.PIPE)
    assert first.stdout
    leads, fence = map(int, first.stdout.readline().split())
    assert leads
    second = Leader(redis, "second")
    assert not second.campaign()
    time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    killed = time.monotonic()
    while not second.campaign():
        time.sleep(1)
        assert time.monotonic() - killed < 10
    assert 7 < time.monotonic() - killed < 10
    assert second.fence == fence + 1


def test_a_process_that_was_frozen_past_its_lease_does_not_think_that_it_leads(
    server: Server, redis: Redis
) -> None:
    story = (
        "import sys, time; from bot.store.leader import Leader; from bot.store.connection "
        "import connect\n"
        "leader = Leader(connect(sys.argv[1]), 'first', lease_seconds=0.5)\n"
        "leader.campaign()\n"
        "while True: print(int(leader.leads), leader.fence, flush=True); sys.stdin.readline()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", story, server.url], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert first.stdout
    assert first.stdin
    assert first.stdout.readline().startswith(b"1 ")
    os.kill(first.pid, signal.SIGSTOP)
    second = Leader(redis, "second", lease_seconds=0.5)
    assert campaigning(second, lambda: second.leads)
    os.kill(first.pid, signal.SIGCONT)
    first.stdin.write(b"\n")
    first.stdin.flush()
    assert first.stdout.readline().startswith(b"0 ")
    first.kill()
    first.communicate()


def test_who_slept_and_was_followed_gets_a_new_number_and_who_was_not_keeps_the_old_one(
    redis: Redis, other_redis: Redis
) -> None:
    here, there = (
        Leader(redis, "one", lease_seconds=0.1),
        Leader(other_redis, "two", lease_seconds=0.5),
    )
    here.campaign()
    first = here.fence
    time.sleep(0.2)
    assert not here.leads
    assert here.campaign()
    assert here.fence == first
    time.sleep(0.2)
    assert there.campaign()
    assert not here.campaign()
    time.sleep(0.6)
    assert here.campaign()
    assert (here.fence, there.fence) == (first + 2, first + 1)


@pytest.mark.parametrize("away", ["killed", "frozen"])
def test_with_redis_away_the_leader_goes_on_and_nobody_else_begins_before_long(
    mortal: Server, away: str
) -> None:
    with connect(mortal.url) as redis, connect(mortal.url) as second:
        here, there = (
            Leader(client, name, lease_seconds=3, alone_seconds=9)
            for client, name in ((redis, "1"), (second, "2"))
        )
        here.campaign()
        there.campaign()
        first = here.fence
        since = time.monotonic()
        mortal.kill() if away == "killed" else mortal.freeze()
        while not there.leads:
            threads = [threading.Thread(target=bot.campaign) for bot in (here, there)]
            for thread in threads:
                # What a frozen Redis was sent it does after the thaw, in the order of its coming.
                thread.start()
                time.sleep(0.1)
            for thread in threads:
                thread.join()
            assert here.leads, "it goes on"
            assert time.monotonic() - since < 14
            time.sleep(0.2)
        assert time.monotonic() - since > 8.9
        mortal.start() if away == "killed" else mortal.thaw()
        # Whoever asks first: the one that led before comes first, for it knows what was told.
        assert not there.campaign()
        assert here.campaign()
        assert here.fence == first
        assert not there.campaign()


def test_after_an_outage_another_leads_where_the_old_leader_does_not_come_back(
    mortal: Server,
) -> None:
    with connect(mortal.url) as redis:
        here, there = Leader(redis, "one", lease_seconds=1), Leader(redis, "two", lease_seconds=1)
        here.campaign()
        there.campaign()
        mortal.kill()
        there.campaign()
        mortal.start()
        assert campaigning(there, lambda: there.leads)
        assert there.fence == here.fence + 1


def test_a_leader_that_sleeps_while_redis_is_away_does_not_wake_as_one(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        leader = Leader(redis, "one", lease_seconds=0.4, alone_seconds=1)
        leader.campaign()
        mortal.kill()
        assert leader.campaign()
        time.sleep(0.6)
        assert not leader.leads, "Redis may be back, and another lead"
        assert not leader.campaign(), "it is away, but who knows since when"
        assert campaigning(leader, lambda: leader.leads), "nobody else said anything for long"
        mortal.start()
        assert leader.campaign()


def test_a_bot_that_starts_without_redis_waits_before_it_leads_alone(mortal: Server) -> None:
    mortal.kill()
    with connect(mortal.url) as redis:
        leader = Leader(redis, "one", lease_seconds=0.5, alone_seconds=1)
        began = time.monotonic()
        assert not leader.campaign()
        assert campaigning(leader, lambda: leader.leads)
        assert time.monotonic() - began >= 1
        assert leader.fence == 0


def test_resigning_with_redis_away_is_quiet(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        leader = Leader(redis, "one")
        leader.campaign()
        mortal.kill()
        assert leader.campaign()
        leader.resign()
        assert not leader.leads


def test_a_redis_that_lost_everything_has_a_leader_again(redis: Redis, other_redis: Redis) -> None:
    here, there = Leader(redis, "one"), Leader(other_redis, "two")
    here.campaign()
    redis.flushall()
    assert there.campaign()
    assert not here.campaign()
