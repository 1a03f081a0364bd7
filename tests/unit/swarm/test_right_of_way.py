"""Who reads thousands of objects lets those pass who are in a hurry, but not for long."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bot.swarm.right_of_way import MOST_SECONDS, RightOfWay

WITHIN = 10.0


def test_nothing_is_read_while_somebody_is_in_a_hurry() -> None:
    way, asked = RightOfWay(), threading.Semaphore(0)

    def values() -> Iterator[int]:
        for number in range(3):
            asked.release()
            yield number

    with ThreadPoolExecutor(1) as pool:
        with way.taken(), way.taken():
            begun = time.monotonic()
            read = pool.submit(list, way.given(values()))
            assert asked.acquire(timeout=WITHIN)
            still_first = not asked.acquire(timeout=MOST_SECONDS / 10)
        assert still_first or time.monotonic() - begun > MOST_SECONDS
        assert read.result(WITHIN) == [0, 1, 2]


def test_a_hurry_without_end_holds_nobody_up() -> None:
    way = RightOfWay()
    begun = time.monotonic()
    with way.taken():
        assert sum(1 for _ in itertools.islice(way.given(itertools.count()), 1000)) == 1000
    assert MOST_SECONDS <= time.monotonic() - begun < WITHIN
