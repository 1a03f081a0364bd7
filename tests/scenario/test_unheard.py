"""Days on which Slack takes nothing: the operator learns of it, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.workspace import Workspace
from playground.workspace.people import Directory
from playground.workspace.person import Person
from tests.scenario.running import RunningBot, eventually
from tests.scenario.swarm import Site


@pytest.fixture
def directory(workspace: Workspace) -> Iterator[Directory]:
    """Who may do what in the workspace; all is as before after the story."""
    directory = workspace.state.directory
    installed, channels = directory.installed, dict(directory.channels)
    yield directory
    directory.installs(installed)
    directory.channels.update(channels)


def test_a_token_that_is_taken_away_makes_the_bot_unready_and_loses_nothing(
    dev: Person, site: Site, directory: Directory, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')}")
    dev.sees("🔵 web →")

    directory.changes_installation(refusal="token_revoked")
    eventually(lambda: "token_revoked" in bot.missing().get("slack", ""), 30)
    asked = dev.types("/swarm status")
    assert dev.sees("Slack refuses swarmbot", after=asked).ephemeral
    assert bot.log.count("SLACK REFUSES THE BOT") == 1
    directory.changes_installation(refusal="")

    dev.sees("✅ web is on", timeout=90)
    eventually(lambda: not bot.missing(), 30)


@pytest.mark.own_bot
def test_a_rollout_whose_channel_is_archived_goes_on_with_who_asked(
    dev: Person, site: Site, directory: Directory, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "2")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --delay 2s")
    dev.sees("🔵 web →")

    directory.changes_channel("ops", is_archived=True)

    done = dev.sees("✅ web is on", timeout=90, channel="dm")
    eventually(lambda: any("it is archived" in reply.text for reply in done.thread), 15)
    assert "takes no messages" in bot.missing()["channels"]
    asked = dev.types("/swarm scale web=3")
    assert "Nothing was changed" in dev.sees("archived", after=asked).text
