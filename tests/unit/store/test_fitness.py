"""Which Redis the bot takes, by what the server says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from bot.store.fitness import why_unfit

FIT = {
    "redis_mode": "standalone",
    "role": "master",
    "maxmemory": 0,
    "maxmemory_policy": "noeviction",
}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, ""),
        ({"redis_mode": "sentinel"}, ""),
        ({"maxmemory": 1 << 30}, ""),
        ({"maxmemory_policy": "allkeys-lru"}, ""),
        ({"maxmemory": 1 << 30, "maxmemory_policy": "allkeys-lru"}, "allkeys-lru"),
        ({"maxmemory": 1 << 30, "maxmemory_policy": "volatile-ttl"}, "volatile-ttl"),
        ({"redis_mode": "cluster"}, "cluster"),
        ({"role": "slave"}, "replica"),
    ],
)
def test_which_redis_keeps_what_it_is_given(said: dict[str, Any], why: str) -> None:
    told = why_unfit({**FIT, **said})
    assert bool(told) == bool(why)
    assert why in told


def test_what_says_nothing_of_itself_is_taken() -> None:
    assert why_unfit({}) == ""
