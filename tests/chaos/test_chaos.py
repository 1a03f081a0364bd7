"""A short form of `make chaos`: one round with a fixed seed."""

from __future__ import annotations

import pytest

from playground.cluster import Cluster
from tests.chaos.faults import (
    CUT_LINK,
    FREEZE_BOT,
    KILL_LEADER,
    KILL_REDIS,
    SLACK_FAILS,
    STEP_CLOCK,
)
from tests.chaos.ground import ground
from tests.chaos.rounds import play

SHORT = (FREEZE_BOT, KILL_LEADER, KILL_REDIS, SLACK_FAILS, STEP_CLOCK, CUT_LINK)


@pytest.mark.costs(60)
@pytest.mark.timeout(300)
def test_whatever_breaks_changes_end_as_they_say(cluster: Cluster) -> None:
    with ground(cluster) as where:
        told = play(where, "short", SHORT)
        assert not told.violations, "\n".join([str(told), *told.violations, told.evidence])
        assert len(told.struck) == len(SHORT)
        assert told.changes, "people changed nothing, so nothing was shown"
