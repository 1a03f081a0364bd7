"""New images in Redis: one offer a service, whichever bot finds it, and nobody else's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis

from bot.model import Image
from bot.model.image_version import VersionPart
from bot.model.new_image import NewImage
from bot.store.new_images import NewImages
from bot.store.signer import Signer

from .conftest import NOW

BEFORE = Image("shop/api", "1.4.2", f"sha256:{'a' * 64}")
OFFER = NewImage(
    id="n1",
    service_id="s1",
    service="api",
    before=BEFORE,
    after=replace(BEFORE, tag="1.4.3"),
    part=VersionPart.PATCH,
    at=NOW,
)


def store(redis: Redis, key: bytes = b"k") -> NewImages:
    return NewImages(redis, Signer(key))


def test_an_offer_is_seen_by_every_bot_and_ends(redis: Redis, other_redis: Redis) -> None:
    assert store(redis).apply("s1", lambda before: before or OFFER) == OFFER
    assert store(other_redis).all() == (OFFER,)

    assert store(other_redis).apply("s1", lambda _: None) is None
    assert store(redis).all() == ()


def test_a_second_bot_finds_the_first_ones_offer(redis: Redis, other_redis: Redis) -> None:
    store(redis).apply("s1", lambda before: before or OFFER)

    kept = store(other_redis).apply("s1", lambda before: before or replace(OFFER, id="n2"))

    assert kept == OFFER


def test_an_offer_that_somebody_else_wrote_is_none(redis: Redis) -> None:
    store(redis, b"another").apply("s1", lambda _: OFFER)

    assert store(redis).all() == ()


def test_an_offer_does_not_stand_for_another_service(redis: Redis) -> None:
    store(redis).apply("s1", lambda _: OFFER)
    redis.hset("swarmbot:images:offers", "s2", redis.hget("swarmbot:images:offers", "s1") or "")

    assert store(redis).all() == (OFFER,)


def test_what_is_skipped_is_bounded_and_the_oldest_is_forgotten(redis: Redis) -> None:
    images = store(redis)
    for number in range(150):
        images.skip("s1", f"1.4.{number}", NOW + timedelta(seconds=number))

    assert images.is_skipped("s1", "1.4.149")
    assert not images.is_skipped("s1", "1.4.0")
    assert not images.is_skipped("s2", "1.4.149")
    assert redis.zcard("swarmbot:images:skipped:s1") == 100
    assert redis.ttl("swarmbot:images:skipped:s1") > 0


def test_hints_are_taken_once_and_bounded(redis: Redis, other_redis: Redis) -> None:
    store(redis).hint(["shop/api", "shop/api", "shop/web"])
    store(redis).hint([f"evil/{number}" for number in range(1000)])

    assert redis.ttl("swarmbot:images:pushed") > 0
    taken = store(other_redis).take_hints()
    assert len(taken) == 200
    assert {"shop/api", "shop/web"} <= taken
    assert store(redis).take_hints() == frozenset()


@pytest.mark.parametrize("reason", ["no connection", "", "with spaces and\nlines", "x" * 1000])
def test_a_registry_is_away_since_the_first_time(redis: Redis, reason: str) -> None:
    images = store(redis)
    images.away_since("docker.io", reason, NOW)
    images.away_since("docker.io", reason, NOW + timedelta(minutes=5))

    assert images.away() == {"docker.io": (NOW, reason[:200])}
    images.answered("docker.io")
    assert images.away() == {}


def test_a_registry_that_nothing_is_asked_of_is_forgotten(redis: Redis) -> None:
    images = store(redis)
    images.away_since("docker.io", "no connection", NOW)

    images.forget_all_but(["ghcr.io"])

    assert images.away() == {}
