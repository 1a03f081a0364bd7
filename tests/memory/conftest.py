"""Each story begins with an empty Swarm, an empty workspace and a new bot, all in memory."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.memory.twin.lifetimes import unbounded
from tests.memory.twin.private import Place
from tests.memory.twin.secrecy import leaked, values_of_variables
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A story that has failed is not asked what else was said."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def world(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """The story's world; `pytest.mark.world(...)` gives `World` other arguments.

    After the story all comes to rest. Whatever the bot said that nobody looked at fails it, and so
    does the value of a variable that stands somewhere in clear.
    """
    caplog.set_level(logging.INFO)
    mark = request.node.get_closest_marker("world")
    world = World(*mark.args, **mark.kwargs) if mark else World()
    yield world
    try:
        if FAILED in request.node.stash:
            return
        world.finish()
        values = values_of_variables(world.slack.commands)
        assert not values or leaked(values, world, caplog.text) == [], f"{values} stand in clear"
        if not world.redis.away:
            assert unbounded(world.redis.client()) == [], "they would stay in Redis for ever"
        faults = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert not faults, "the bot's log tells of errors"
    finally:
        world.end()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A world with private registries."""
    place = Place(tmp_path)
    yield place
    place.world.finish()
    place.world.end()


@pytest.fixture
def dev(world: World) -> MemoryPerson:
    """An operator."""
    return world.person("dev")


@pytest.fixture
def lead(world: World) -> MemoryPerson:
    """Another operator."""
    return world.person("lead")


@pytest.fixture
def guest(world: World) -> MemoryPerson:
    """Somebody without a role."""
    return world.person("guest")
