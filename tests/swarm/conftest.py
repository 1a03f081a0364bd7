"""The Swarm as the bot sees it, for the tests of its operations."""

from collections.abc import Iterator

import pytest

from bot.swarm.swarm import Swarm
from playground.cluster import Cluster
from tests.conftest import NUMBER
from tests.swarm.image_build import ImageBuild
from tests.swarm.support import MANAGERS, swarm_over


@pytest.fixture
def swarm(cluster: Cluster) -> Swarm:
    """All three managers are configured."""
    return swarm_over(cluster, *MANAGERS)


@pytest.fixture(scope="session")
def image_build() -> Iterator[ImageBuild]:
    """The bot's image; its build begins with the first story that asks for this."""
    build = ImageBuild(f"builder-{NUMBER}")
    yield build
    build.close()
