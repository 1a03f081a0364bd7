"""The images of a service get numbers that people can rely on."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from redis import Redis

from bot.model import Ending, Image, Revision
from bot.store.revisions import Revisions

from .conftest import NOW, SIGNER, V1, V2


def test_a_revision_that_somebody_else_wrote_or_moved_is_none(redis: Redis) -> None:
    revisions, name = Revisions(redis, SIGNER), "swarmbot:revisions:s1"
    first = revisions.add("s1", V1, NOW, "ann", "deploy")
    second = revisions.add("s1", V2, NOW, "ann", "deploy")
    stored: dict[Any, Any] = dict(redis.hgetall(name))

    redis.hset(name, "2", stored["2"].partition(" ")[2].replace("v2", "evil"))
    assert revisions.of("s1") == (first,)
    redis.hset(name, "2", stored["1"])
    assert revisions.of("s1") == (first,)
    redis.hset("swarmbot:revisions:s2", mapping=stored)
    assert revisions.of("s2") == ()
    redis.hset(name, "2", stored["2"])
    assert revisions.of("s1") == (first, second)


def test_a_deploy_is_numbered_and_then_ends(redis: Redis, other_redis: Redis) -> None:
    revisions = Revisions(redis, SIGNER)
    assert revisions.of("s1") == ()
    first = revisions.add("s1", V1, NOW, "U001", "deploy")
    second = revisions.add("s1", V2, NOW, "U002", "deploy")
    assert first == Revision(1, V1, NOW, "U001", "deploy")
    revisions.conclude("s1", 2, Ending.PAUSED)
    assert Revisions(other_redis, SIGNER).of("s1") == (first, replace(second, ending="paused"))
    assert revisions.of("s2") == ()


def test_the_newest_fifty_are_kept_and_the_numbers_go_on(redis: Redis) -> None:
    revisions = Revisions(redis, SIGNER)
    for number in range(1, 121):
        assert (
            revisions.add("s1", Image("web", f"v{number}"), NOW, "U001", "deploy").number == number
        )
    assert [revision.number for revision in revisions.of("s1")] == list(range(71, 121))
    revisions.conclude("s1", 3, Ending.DONE)
    assert len(revisions.of("s1")) == 50


def test_no_number_is_given_twice(redis: Redis, other_redis: Redis) -> None:
    bots, given = (Revisions(redis, SIGNER), Revisions(other_redis, SIGNER)), []

    def deploy(bot: Revisions) -> None:
        for _ in range(10):
            revision = bot.add("s1", V1, NOW, "U001", "deploy")
            bot.conclude("s1", revision.number, Ending.DONE)
            given.append(revision.number)

    threads = [threading.Thread(target=deploy, args=(bots[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 41))
    assert all(revision.ending == "done" for revision in bots[0].of("s1"))


def test_the_first_look_and_a_change_outside_the_bot_are_found_once(redis: Redis) -> None:
    revisions = Revisions(redis, SIGNER)
    assert revisions.record_seen("s1", V1, NOW) == Revision(1, V1, NOW, note="found")
    assert revisions.record_seen("s1", V1, NOW) is None
    revisions.add("s1", V2, NOW, "U001", "deploy")
    assert revisions.record_seen("s1", V2, NOW) is None
    moved = replace(V2, digest=V1.digest)
    assert revisions.record_seen("s1", moved, NOW) == Revision(3, moved, NOW, note="found")


def test_an_image_that_was_rolled_back_is_not_what_the_service_runs(redis: Redis) -> None:
    revisions = Revisions(redis, SIGNER)
    revisions.add("s1", V1, NOW, "U001", "deploy")
    revisions.add("s1", V2, NOW, "U001", "deploy")
    revisions.conclude("s1", 2, Ending.ROLLED_BACK)
    assert revisions.record_seen("s1", V1, NOW) is None
    assert revisions.record_seen("s1", V2, NOW) == Revision(3, V2, NOW, note="found")


def test_bots_that_look_at_once_find_one_change(redis: Redis, other_redis: Redis) -> None:
    services = [f"s{number}" for number in range(50)]
    gate, results = threading.Barrier(8), []

    def look(revisions: Revisions) -> None:
        for service in services:
            gate.wait()
            results.append(revisions.record_seen(service, V1, NOW))

    threads = [
        threading.Thread(target=look, args=(Revisions((redis, other_redis)[n % 2], SIGNER),))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [revision.number for revision in results if revision] == [1] * 50
    assert {len(Revisions(redis, SIGNER).of(service)) for service in services} == {1}
