"""Which services run less than they should, for every place that says so."""

from __future__ import annotations

import pytest

from bot.model import Image, Mode, Service


@pytest.mark.parametrize(
    ("mode", "running", "desired", "below"),
    [
        (Mode.REPLICATED, 1, 2, True),
        (Mode.REPLICATED, 2, 2, False),
        (Mode.GLOBAL, None, 3, True),
        (Mode.REPLICATED, 1, None, False),
        (Mode.REPLICATED_JOB, 0, 2, False),
    ],
)
def test_fewer_running_than_desired_is_below_but_for_a_job(
    mode: Mode, running: int | None, desired: int | None, below: bool
) -> None:
    image = Image.parse("shop/web:1.0")
    service = Service("s1", "web", 1, mode, image, {}, running=running, desired=desired)

    assert service.below is below
