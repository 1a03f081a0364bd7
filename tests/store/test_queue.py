"""The line in front of a busy service: in order, each one once, and nobody lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

from redis import Redis

from bot.model import Actor
from bot.model.hold import Queued
from bot.store.connection import connect
from bot.store.queue import Queue

from .conftest import ANN, BEN, NOW, SIGNER, Server

LATER = NOW + timedelta(minutes=1)


def waiting(queued_id: str = "q1", service: str = "web", actor: Actor = ANN) -> Queued:
    return Queued(
        id=queued_id,
        service_id=f"id-{service}",
        service=service,
        line=f"deploy {service} shop/web:{queued_id}",
        title=f"{service} → shop/web:{queued_id}",
        fingerprint="f1",
        actor=actor,
        channel="C1",
        at=NOW,
    )


def test_first_come_first_served_for_each_service(redis: Redis, other_redis: Redis) -> None:
    here, there = Queue(redis, SIGNER), Queue(other_redis, SIGNER)
    assert [
        here.push(waiting("q1")),
        there.push(waiting("q2")),
        here.push(waiting("q3", "api")),
    ] == [1, 2, 1]
    assert there.pop("id-web", NOW) == waiting("q1")
    assert here.begin("q1")
    assert here.pop("id-web", NOW) == waiting("q2")
    assert here.pop("id-api", NOW) == waiting("q3", "api")
    assert here.begin("q2")
    assert here.begin("q3")
    assert there.all() == ()
    assert there.pop("id-web", NOW) is None


def test_who_clicks_twice_stands_in_line_once(redis: Redis) -> None:
    queue = Queue(redis, SIGNER)
    queued, again = waiting("q1"), replace(waiting("q1"), id="q9")
    assert [queue.push(queued), queue.push(waiting("q2")), queue.push(again)] == [1, 2, 1]
    assert queue.all() == (queued, waiting("q2"))
    assert queue.push(replace(queued, id="q8", actor=BEN)) == 3


def test_only_one_is_called_up_at_a_time(redis: Redis) -> None:
    queue = Queue(redis, SIGNER)
    queue.push(waiting("q1"))
    queue.push(waiting("q2"))
    assert queue.pop("id-web", NOW) == waiting("q1")
    assert queue.pop("id-web", NOW) is None


def test_twenty_bots_call_up_one(redis: Redis, other_redis: Redis) -> None:
    queues = (Queue(redis, SIGNER), Queue(other_redis, SIGNER))
    queues[0].push(waiting("q1"))
    gate, called = threading.Barrier(20), list[Queued | None]()

    def come(number: int) -> None:
        gate.wait()
        called.append(queues[number % 2].pop("id-web", NOW))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [queued for queued in called if queued] == [waiting("q1")]


def test_twenty_who_come_at_once_all_get_a_place(redis: Redis, other_redis: Redis) -> None:
    queues = (Queue(redis, SIGNER), Queue(other_redis, SIGNER))
    gate = threading.Barrier(20)

    def come(number: int) -> None:
        gate.wait()
        queues[number % 2].push(waiting(f"q{number}"))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(queues[0].position(f"q{number}") or 0 for number in range(20)) == list(
        range(1, 21)
    )


def test_who_was_called_up_by_a_bot_that_died_waits_at_the_old_place(redis: Redis) -> None:
    queue = Queue(redis, SIGNER)
    queue.push(waiting("q1"))
    queue.push(waiting("q2"))
    queue.pop("id-web", NOW)
    calls = queue.called()
    assert queue.put_back(()) == ()
    assert queue.put_back(calls) == (waiting("q1"),)
    assert queue.put_back(calls) == ()
    assert not queue.begin("q1"), "the bot that slept meanwhile has lost the turn"
    assert queue.pop("id-web", LATER) == waiting("q1")
    assert queue.put_back(calls) == (), "that was another call"
    assert queue.begin("q1")
    assert not queue.begin("q1")


def test_leaving_the_line(redis: Redis) -> None:
    queue = Queue(redis, SIGNER)
    queue.push(waiting("q1"))
    queue.push(waiting("q2"))
    assert queue.get("q1") == waiting("q1")
    assert queue.remove("q1")
    assert not queue.remove("q1")
    assert (queue.get("q1"), queue.position("q1"), queue.position("q2")) == (None, None, 1)
    assert not queue.begin("q2"), "it was not called up"


def test_the_line_outlives_a_restart_of_redis(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        queue = Queue(redis, SIGNER)
        queue.push(waiting("q1"))
        queue.push(waiting("q2"))
        queue.pop("id-web", NOW)
        mortal.kill()
        mortal.start()
        assert [queue.position(name) for name in ("q1", "q2")] == [1, 2]
        assert queue.begin("q1")
        assert queue.pop("id-web", NOW) == waiting("q2")
