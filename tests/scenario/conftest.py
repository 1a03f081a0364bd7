"""Each story begins with an empty Swarm, an empty workspace, and a bot that knows of nothing."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.resident import Resident
from tests.scenario.running import RunningBot, bot_for, watching
from tests.scenario.swarm import Site
from tests.store.conftest import Server

QUIET, REST_WITHIN = 0.3, 5.0
"""Seconds."""


@pytest.fixture(scope="session")
def resident(machine: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resident]:
    """The bot of all stories that are not about a start."""
    resident = Resident(machine, lambda: tmp_path_factory.mktemp("bot"), bot_for)
    yield resident
    resident.close()


@pytest.fixture
def lodging(request: pytest.FixtureRequest) -> Iterator[Resident | None]:
    """The resident bot, unless the story has bots of its own."""
    if "bot" not in request.fixturenames or request.node.get_closest_marker("own_bot"):
        yield None
    else:
        resident: Resident = request.getfixturevalue("resident")
        request.getfixturevalue("cluster")
        resident.story_begins()
        yield resident
        resident.story_ended()


@pytest.fixture
def workspace(lodging: Resident | None) -> Iterator[Workspace]:
    if lodging:
        yield lodging.workspace
    else:
        with Workspace() as workspace:
            yield workspace


@pytest.fixture
def bot(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    lodging: Resident | None,
    workspace: Workspace,
    tmp_path: Path,
) -> Iterator[RunningBot]:
    """A bot that runs and knows of nothing; with the mark `own_bot` one that was just started, and
    with `watched` too one whose watch is on."""
    if lodging:
        yield lodging.bot
    else:
        make = watching if request.node.get_closest_marker("watched") else bot_for
        bot = make(cluster, workspace, tmp_path).start()
        yield bot
        bot.stop()


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Redis of the operators', that a test can kill, freeze and start again."""
    server = Server(tmp_path_factory.mktemp("r"))
    server.start()
    yield server
    server.thaw()
    server.kill()


@dataclass(frozen=True)
class People:
    dev: Person
    lead: Person
    guest: Person


@pytest.fixture
def people(workspace: Workspace) -> People:
    return People(*(workspace.person(name) for name in ("dev", "lead", "guest")))


@pytest.fixture
def dev(bot: RunningBot, people: People) -> Person:
    """An operator, in #ops, with a bot that runs."""
    return people.dev


@pytest.fixture
def guest(bot: RunningBot, people: People) -> Person:
    """Somebody without a role."""
    return people.guest


@pytest.fixture
def site(cluster: Cluster) -> Site:
    return Site(cluster)


def _comes_to_rest(workspace: Workspace) -> None:
    """Wait until nothing has been said for a moment, so that no story hears the end of another."""
    until = time.monotonic() + REST_WITHIN
    while workspace.feed.after(workspace.feed.seq, QUIET) and time.monotonic() < until:
        continue


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """At the end of each story nothing else was said: people looked at every message."""
    result = yield
    workspace = pyfuncitem.funcargs.get("workspace")
    # Without a Swarm it is a test of the workspace itself, with another app in it.
    on_a_swarm = any(isinstance(value, Cluster) for value in pyfuncitem.funcargs.values())
    if on_a_swarm and isinstance(workspace, Workspace):
        _comes_to_rest(workspace)
        reader = workspace.person("dev").reader
        overlooked = [reader.message(message) for message in workspace.state.overlooked()]
        assert not overlooked, "the bot also said:\n" + "\n\n".join(overlooked)
    return result
