"""An age is the same for every bot, and begins when one of them first asks."""

from __future__ import annotations

from threading import Event

from redis import Redis

from bot.store.ages import Ages

NOW = 0.1
"""Seconds: between setting a key and reading its age, Redis and its twin need some milliseconds."""


def test_it_begins_with_the_first_question_whoever_asks(redis: Redis, other_redis: Redis) -> None:
    here, there = Ages(redis), Ages(other_redis)
    assert here.of("call", "q1") < NOW

    Event().wait(NOW)

    assert NOW <= there.of("call", "q1") < 5
    assert there.of("call", "q2") < NOW
    assert there.of("claim", "q1") < NOW
    assert 604_000 < redis.ttl("swarmbot:age:call:q1") <= 604_800
