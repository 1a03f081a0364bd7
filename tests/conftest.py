"""The real Swarm that the tests run on: one for each process of the run, put in order between
tests."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterator

import pytest

from playground.cluster import Cluster
from playground.errors import PlaygroundError
from tests.scenario.running import LIVE
from tests.story import evidence

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
NUMBER = int(os.environ.get("PLAYGROUND_NUMBER", "78")) - WORKER
"""Tests that run side by side each have a Swarm of their own."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "own_bot: this story is about a bot that was just started")


def pytest_runtest_setup() -> None:
    LIVE.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A story that fails says what people saw, what the bot logged, and how the Swarm is."""
    report = yield
    if report.failed:
        report.sections.extend(evidence(item))
    return report


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
    return in_order(machine)


def in_order(cluster: Cluster) -> Cluster:
    """Put a cluster in order; what the story before left beyond repair is built anew."""
    try:
        cluster.reset()
    except PlaygroundError as error:
        warnings.warn(f"the cluster is built anew, which costs a minute: {error}", stacklevel=2)
        cluster.down()
        cluster.up()
    return cluster
