"""Who waits looks often where a look is cheap, and seldom where it is dear."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import pytest

from playground import processes
from playground.errors import NotReadyError

LOOK = 0.02
"""Seconds that a dear look takes."""


def looks(counted: list[float], took: float = 0.0) -> Callable[[], bool]:
    """A look that never sees anything, and takes a while."""

    def look() -> bool:
        counted.append(time.monotonic())
        time.sleep(took)
        return False

    return look


def test_what_is_there_is_returned_at_once() -> None:
    assert processes.looked_for(lambda: "web", 0.0) == "web"


def test_what_never_comes_is_said_after_its_time() -> None:
    assert processes.looked_for(lambda: "", 0.02, every=0.01) == ""
    with pytest.raises(NotReadyError):
        processes.wait_until(lambda: False, "it is so", 0.02, every=0.01)


def test_a_look_that_takes_long_is_taken_seldom() -> None:
    dear: list[float] = []
    processes.looked_for(looks(dear, LOOK), 0.2, every=0.001)
    gaps = [after - before for before, after in itertools.pairwise(dear)]
    assert min(gaps) >= LOOK * (1 + processes.PAUSE)

    cheap: list[float] = []
    processes.looked_for(looks(cheap), 0.2, every=0.001)
    assert len(cheap) > len(dear)
