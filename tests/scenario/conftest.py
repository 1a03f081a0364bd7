"""Each story begins with an empty Swarm, an empty workspace, and a bot that was just started."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.running import RunningBot, bot_for
from tests.scenario.swarm import Site
from tests.store.conftest import Server


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as workspace:
        yield workspace


@pytest.fixture
def bot(cluster: Cluster, workspace: Workspace, tmp_path: Path) -> Iterator[RunningBot]:
    bot = bot_for(cluster, workspace, tmp_path).start()
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
