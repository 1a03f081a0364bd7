"""What a long run calls flat, and that its picture is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from tests.soak.plot import plot
from tests.soak.readings import COURSES, Reading, judge

MEMORY = COURSES[0]


def readings(memory: Callable[[int], float]) -> list[Reading]:
    return [
        Reading(commands, memory(commands), 40, 90, 8, commands, 2.0)
        for commands in range(250, 50_001, 250)
    ]


@pytest.mark.parametrize(
    ("memory", "is_flat"),
    [
        (lambda commands: 100 + commands // 250 % 3, True),
        (lambda commands: 90.0 if commands < 5000 else 110.0, True),
        (lambda commands: 100 + commands / 50_000 * 1.5, True),
        (lambda commands: 100 + commands / 50_000 * 6 + commands // 250 % 2, False),
    ],
    ids=["noise", "warming up", "too little to matter", "a leak below the noise of a single look"],
)
def test_flat_is_what_grows_by_no_more_than_the_noise(
    memory: Callable[[int], float], is_flat: bool
) -> None:
    assert judge(MEMORY, readings(memory)).is_flat is is_flat


def test_the_picture_has_a_line_for_each_number(tmp_path: Path) -> None:
    file = tmp_path / "soak.svg"
    plot(readings(lambda _: 100.0), file)
    lines = parse(file).iter("{http://www.w3.org/2000/svg}polyline")
    assert len(list(lines)) == len(COURSES)
