"""Holds in Redis: one owner for each pattern, whoever comes at the same time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from bot.errors import NotHolderError, OnHoldError
from bot.model import Actor
from bot.model.hold import Hold
from bot.store.connection import connect
from bot.store.holds import HoldStore

from .conftest import ANN, BEN, NOW, Server

HOUR = timedelta(hours=1)


def hold(pattern: str = "web", owner: Actor = ANN, **fields: Any) -> Hold:
    return Hold(
        **{"pattern": pattern, "owner": owner, "reason": "incident 42", "since": NOW, **fields}
    )


FREEZE = hold("*", freeze=True)


def test_a_hold_is_seen_by_every_bot(redis: Redis, other_redis: Redis) -> None:
    assert HoldStore(redis).put(hold(until=NOW + HOUR), NOW) is None
    there = HoldStore(other_redis)
    assert there.covering("web", NOW) == hold(until=NOW + HOUR)
    assert there.covering("api", NOW) is None
    assert there.all(NOW) == (hold(until=NOW + HOUR),)


@pytest.mark.parametrize(
    ("wide", "name"), [("web", "web"), ("shop_*", "shop_web"), ("*", "shop_*")]
)
def test_what_somebody_else_holds_is_refused(redis: Redis, wide: str, name: str) -> None:
    store = HoldStore(redis)
    store.put(hold(wide), NOW)
    with pytest.raises(OnHoldError) as refused:
        store.put(hold(name, BEN), NOW)
    assert (refused.value.hold, refused.value.name) == (hold(wide), name)
    assert store.all(NOW) == (hold(wide),)


def test_the_owner_may_hold_longer(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold(until=NOW + HOUR), NOW)
    assert store.put(hold(until=NOW + 2 * HOUR, reason="still"), NOW) is None
    assert [hold.reason for hold in store.all(NOW)] == ["still"]


def test_taking_over_tells_from_whom(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold(), NOW)
    assert store.put(hold(owner=BEN), NOW, take_over=True) == hold()
    assert store.all(NOW) == (hold(owner=BEN),)


def test_a_part_of_a_wide_hold_can_be_taken_over_alone(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold("*"), NOW)
    assert store.put(hold("web", BEN), NOW, take_over=True) == hold("*")
    assert store.covering("web", NOW) == hold("web", BEN)
    assert store.covering("api", NOW) == hold("*")


def test_of_twenty_who_hold_at_once_one_does(redis: Redis, other_redis: Redis) -> None:
    stores = (HoldStore(redis), HoldStore(other_redis))
    gate, refused = threading.Barrier(20), list[str]()

    def come(number: int) -> None:
        gate.wait()
        try:
            stores[number % 2].put(hold(owner=Actor(f"U{number}", f"user{number}")), NOW)
        except OnHoldError as error:
            refused.append(error.hold.owner.id)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (kept,) = stores[0].all(NOW)
    assert refused == [kept.owner.id] * 19


def test_released_by_its_owner(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold(), NOW)
    assert store.release("web", ANN, NOW) == hold()
    assert store.release("web", ANN, NOW) is None
    assert redis.keys() == []


def test_released_by_somebody_else_only_where_that_is_meant(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold(), NOW)
    with pytest.raises(NotHolderError) as refused:
        store.release("web", BEN, NOW)
    assert refused.value.hold == hold()
    assert store.release("web", BEN, NOW, override=True) == hold()
    assert store.all(NOW) == ()


def test_what_ran_out_holds_nothing_and_is_thrown_away(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold(until=NOW + HOUR), NOW)
    later = NOW + HOUR
    assert store.covering("web", later) is None
    assert store.all(later) == ()
    assert store.release("web", BEN, later) is None
    store.put(hold(until=NOW + HOUR), NOW)
    store.put(hold("api", BEN), later)
    assert redis.hlen("swarmbot:holds") == 1


def test_a_freeze_stands_beside_holds_and_anybody_may_end_it(redis: Redis) -> None:
    store = HoldStore(redis)
    store.put(hold("*", BEN), NOW)
    store.put(FREEZE, NOW)
    assert store.covering("web", NOW) == FREEZE
    assert len(store.all(NOW)) == 2
    assert store.put(hold("web", BEN), NOW) is None
    assert store.release("*", BEN, NOW) == hold("*", BEN)
    assert store.unfreeze(BEN, NOW) == FREEZE
    assert store.unfreeze(BEN, NOW) is None


def test_holds_outlive_a_restart_of_redis(mortal: Server) -> None:
    with connect(mortal.url) as redis:
        HoldStore(redis).put(hold(), NOW)
        mortal.kill()
        mortal.start()
        assert HoldStore(redis).covering("web", NOW) == hold()
