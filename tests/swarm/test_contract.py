"""The real Swarm passes the cases that the one in memory has to pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.swarm.contract import CASES
from tests.swarm.ground import Ground
from tests.swarm.support import eventually


@dataclass(frozen=True)
class RealGround:
    """The playground's Swarm."""

    cluster: Cluster
    swarm: Swarm

    def image(self, name: str) -> str:
        return self.cluster.image(name)

    def until(self, true: Callable[[], object], seconds: float = 40.0) -> None:
        eventually(true, seconds)


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_swarm_does(case: Callable[[Ground], None], cluster: Cluster, swarm: Swarm) -> None:
    case(RealGround(cluster, swarm))
