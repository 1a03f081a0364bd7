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
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 5s")
    bot = pair.who_took(workspace)
    message = dev.sees("1/2", timeout=30)

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


@pytest.mark.costs(40)
def test_a_bot_that_slept_past_its_lease_writes_nothing_when_it_wakes(
    pair: Pair, people: People, site: Site, workspace: Workspace
) -> None:
    dev = people.dev
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:broken')} --delay 3s")
    sleeper = pair.who_took(workspace)
    message = dev.sees("🔵 web →", timeout=30)
    eventually(lambda: site.update_state("web") == "updating", 20)
    eventually(lambda: sleeper.has_noted(message), 10)

    sleeper.freeze()
    # The rollback is a change of Docker's that the sleeper would have made itself.
    assert dev.sees("↩️ web rolled back to v1", timeout=90) == message, "the other one ends it"
    told, version = len(message.history), site.inspect("web")["Version"]
    sleeper.thaw()

    eventually(lambda: "slept past the lease" in sleeper.story_log, 20)
    eventually(lambda: not sleeper.missing(), 20, lambda: str(sleeper.missing()))
    dev.does_not_see("web:broken", within=3, after=dev.now)
    assert site.inspect("web")["Version"] == version, "it changed nothing"
    assert len(message.history) == told, "it said nothing any more"
    assert site.is_on("web", "web:v1")
    assert sleeper.is_at_rest()


def test_one_payload_that_comes_to_both_is_done_by_one(
    pair: Pair, people: People, site: Site, workspace: Workspace
) -> None:
    site.runs("web", "web:v1", "--replicas", "1")
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
