"""Two bots at once, on one Redis: they share the work, respect each other's locks, and one goes on
for the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, bot_for, eventually
from tests.scenario.swarm import Site
from tests.store.conftest import Server


@dataclass(frozen=True)
class Pair:
    """Two bots, and the connection of the first; Slack delivers to them in turn."""

    first: RunningBot
    second: RunningBot
    connection: str

    def who_took(self, workspace: Workspace) -> RunningBot:
        """The bot that got the last command."""
        return self.first if workspace.deliveries[-1].connection == self.connection else self.second


@pytest.fixture
def pair(cluster: Cluster, workspace: Workspace, tmp_path: Path, redis: Server) -> Iterator[Pair]:
    first = bot_for(cluster, workspace, tmp_path / "1", REDIS_URL=redis.url).start()
    connection = workspace.connections[0]
    second = bot_for(cluster, workspace, tmp_path / "2", REDIS_URL=redis.url).start()
    yield Pair(first, second, connection)
    first.stop()
    second.stop()


@pytest.mark.costs(30)
def test_the_other_bot_refuses_a_second_deploy_and_goes_on_when_the_first_dies(
    pair: Pair, people: People, site: Site, workspace: Workspace
) -> None:
    dev, lead = people.dev, people.lead
    site.runs("web", "web:v1", "--replicas", "3", "--update-monitor", "1s")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 5s")
    bot = pair.who_took(workspace)
    message = dev.sees("1/3", timeout=30)

    asked = lead.types(f"/swarm deploy web {site.image('web:v1')}")
    assert pair.who_took(workspace) is not bot
    refusal = lead.sees("✋ dev has been changing this", after=asked)
    assert refusal.ephemeral
    assert "web:v2" in refusal.text

    bot.kill()

    assert dev.sees("✅ web is on", timeout=60) == message, (
        "the other bot goes on with the same message"
    )
    assert site.is_on("web", "web:v2")
    posted = [said for said in dev.messages("ops") if not said.in_thread and not said.ephemeral]
    assert posted == [message]
    eventually(lambda: bot.open_intents() == 0, 15)


def test_one_payload_that_comes_to_both_is_done_by_one(
    pair: Pair, people: People, site: Site, workspace: Workspace
) -> None:
    site.runs("web", "web:v1", "--replicas", "1", "--update-monitor", "1s")
    people.dev.types(f"/swarm deploy web {site.image('web:v2')}")
    first = pair.who_took(workspace)
    workspace.send_again(workspace.deliveries[-1])
    assert pair.who_took(workspace) is not first

    people.dev.sees("✅ web is on", timeout=60)
    asked = people.dev.types("/swarm history web")
    assert "2 revisions" in people.dev.sees("revisions", after=asked).text
    assert not [
        message for message in people.dev.messages() if "has been changing this" in message.text
    ]
