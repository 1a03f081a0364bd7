"""The real Swarm that the tests run on: one for the whole run, put in order between tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from playground.cluster import Cluster

NUMBER = int(os.environ.get("PLAYGROUND_NUMBER", "98"))


@pytest.fixture(scope="session")
def machine() -> Iterator[Cluster]:
    """Three managers, a worker and a registry, for all tests of this run."""
    cluster = Cluster(NUMBER)
    cluster.up()
    yield cluster
    cluster.down()


@pytest.fixture
def cluster(machine: Cluster) -> Cluster:
    """The Swarm with nothing on it, every node Ready and Active, roles as at the beginning."""
    machine.reset()
    return machine
