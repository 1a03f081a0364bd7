"""Each story begins with an empty Swarm, an empty workspace and a new bot, all in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


@pytest.fixture
def world(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """The story's world; `pytest.mark.world(...)` gives `World` other arguments.

    After the story all comes to rest, and whatever the bot said that nobody looked at fails it.
    """
    mark = request.node.get_closest_marker("world")
    world = World(*mark.args, **mark.kwargs) if mark else World()
    yield world
    try:
        world.finish()
        faults = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
        assert not faults, "the bot's log tells of errors"
    finally:
        world.end()


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
