"""Where a change is shown that was asked for elsewhere."""

from __future__ import annotations

import pytest

from bot.render import plans
from tests.unit.render import values as v


@pytest.mark.parametrize(
    ("channel", "where"), [("C0OPS", "in <#C0OPS>"), ("", "in your direct messages")]
)
def test_a_change_that_is_shown_elsewhere_says_where(channel: str, where: str) -> None:
    assert plans.elsewhere(v.PLAN, channel).text.endswith(f" · it is shown {where}")
