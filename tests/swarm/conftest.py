"""The Swarm as the bot sees it, for the tests of its operations."""

import pytest

from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.swarm.support import MANAGERS, swarm_over


@pytest.fixture
def swarm(cluster: Cluster) -> Swarm:
    """All three managers are configured."""
    return swarm_over(cluster, *MANAGERS)
