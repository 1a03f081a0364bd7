"""The Swarm in memory passes the cases that the real one passes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.swarm.swarm import Swarm
from tests.fence import OPEN
from tests.memory.twin.pool import MemoryEngines
from tests.memory.twin.swarm_twin import SwarmTwin
from tests.swarm.contract import CASES
from tests.swarm.ground import Ground

LOOK = 0.1


class MemoryGround:
    """A Swarm in memory, with a clock of its own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        twin = SwarmTwin(lambda: self.seconds)
        for name in ("web:v1", "web:v2"):
            twin.cluster.registry.push(self.image(name))
        twin.cluster.registry.push(self.image("web:broken"), exits=3)
        self.swarm = Swarm(MemoryEngines(twin)).fenced_by(OPEN)

    def image(self, name: str) -> str:
        return f"shop/{name}"

    def until(self, true: Callable[[], object], seconds: float = 40.0) -> None:
        end = self.seconds + seconds
        while not true():
            assert self.seconds < end, "waited in vain"
            self.seconds += LOOK


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_twin_does(case: Callable[[Ground], None]) -> None:
    case(MemoryGround())
