"""The real Swarm that the tests run on: one for each process of the run, put in order between
tests."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Generator, Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

from playground.cluster import Cluster
from playground.errors import PlaygroundError
from tests.scenario.running import LIVE
from tests.story import evidence

settings.register_profile(
    "same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile("random", settings.get_profile("same"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
"""A busy machine is not a fault: what is quick enough is measured by `make bench`. The same
examples come in each run, so that a red run is about the change; `make fuzz` draws others."""

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
NUMBER = int(os.environ.get("PLAYGROUND_NUMBER", "78")) - WORKER
"""Tests that run side by side each have a Swarm of their own."""
ENGINE = os.environ.get("PLAYGROUND_ENGINE", "")
"""Another Docker than the installed one for all stories: `26`, `28` or `mixed`."""

TOGETHER = (
    ("tests/swarm/test_playground.py", "tests/swarm/test_packaging.py"),
    ("tests/scenario/test_from_bare_engines.py",),
    ("tests/browser/test_tour.py",),
    ("tests/scenario/test_ci.py",),
    ("tests/swarm/test_service_lines.py",),
    ("tests/browser/test_chat.py",),
    ("tests/browser/test_access.py",),
    ("tests/swarm/test_bad_input.py",),
    ("tests/scenario/test_workspace.py",),
)
"""Files whose stories share something that is dear: one process tells all stories of each group,
and these begin first. Every other story is told by whoever is free."""
PLACES = {
    file: (turn, place) for turn, files in enumerate(TOGETHER) for place, file in enumerate(files)
}
"""Which group a file belongs to, and its place in there."""
LAST = (len(TOGETHER), 0)


class StoryScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives the processes of a run single stories, and whole files where these belong together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER[PLACES[file][0]][0] if file in PLACES else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """For `--dist loadscope`; other ways of sharing stay as they are."""
    return StoryScheduling(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()
    for mark in (
        "own_bot: this story is about a bot that was just started",
        "watched: the story's own bot has its watch on",
        "costs(seconds): this story costs more than ten seconds, see CONTRIBUTING.md",
    ):
        config.addinivalue_line("markers", mark)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lasts longest begins first, so that no process is left with it at the end."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[tuple[int, int], float]:
    costs = item.get_closest_marker("costs")
    place = PLACES.get(item.nodeid.partition("::")[0], LAST)
    return place, -costs.args[0] if costs else 0


COLLECTED_AFTER = 100_000
"""New objects after which the garbage collector looks at them."""


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: the garbage collector need not look at it
    again and again, and seldom at the rest."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    gc.enable()


def pytest_runtest_setup() -> None:
    LIVE.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A story that fails says what people saw, what the bot logged, and how the Swarm is."""
    report = yield
    if report.failed:
        # The story's time may end meanwhile, which would end the whole run from within this hook.
        with suppress(pytest.fail.Exception):
            report.sections.extend(evidence(item))
    return report


@pytest.fixture(scope="session")
def engine() -> str:
    """The Docker that the stories of this process run on; empty for the installed one."""
    return ENGINE


@pytest.fixture(scope="session")
def machine(engine: str) -> Iterator[Cluster]:
    """Three managers, a worker and a registry, for all tests of this run."""
    cluster = Cluster(NUMBER)
    cluster.up(engine=engine)
    yield cluster
    cluster.down()


@pytest.fixture
def cluster(machine: Cluster, engine: str) -> Cluster:
    """The Swarm with nothing on it, every node Ready and Active, roles as at the beginning."""
    return in_order(machine, engine)


def in_order(cluster: Cluster, engine: str = "") -> Cluster:
    """Put a cluster in order; what the story before left beyond repair is built anew."""
    try:
        cluster.reset(engine=engine)
    except PlaygroundError as error:
        warnings.warn(f"the cluster is built anew, which costs a minute: {error}", stacklevel=2)
        cluster.down()
        cluster.up(engine=engine)
    return cluster
