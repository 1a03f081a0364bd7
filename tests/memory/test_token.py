"""The token that Slack takes away, and the scope that is missing."""

from __future__ import annotations

import logging

import pytest

from playground.workspace.model import MANIFEST_SCOPES
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

REFUSED = "Slack refuses swarmbot"
LOUD = "SLACK REFUSES THE BOT"


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of it, taken out of it: the story expects these errors."""
    said = [record.getMessage() for record in caplog.records if LOUD in record.getMessage()]
    caplog.clear()
    return said


@pytest.mark.parametrize("word", ["token_revoked", "account_inactive", "invalid_auth"])
def test_a_token_that_is_taken_away_is_said_loudly_and_all_waits_for_the_next(
    dev: MemoryPerson, world: World, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web", replicas=3)
    dev.types("/swarm deploy web shop/web:2.0 --delay 5s")
    dev.sees("1/3")
    directory = world.slack.state.directory

    directory.changes_installation(refusal=word)
    world.clock.run(lambda: False, 70)
    assert word in world.bot.poster.access.problem()
    told = dev.asks("scale web=5", REFUSED).text
    assert f"({word})" in told
    directory.changes_installation(refusal="")

    dev.sees("✅ web is on", channel="ops")
    world.clock.run(lambda: False, 70)
    assert not world.bot.poster.access.problem()
    dev.asks("scale web=4", "✅ web · replicas 3 → 4")
    (line,) = loud(caplog)
    assert word in line
    assert "SLACK_BOT_TOKEN" in line


@pytest.mark.parametrize("scope", ["chat:write", "users:read"])
def test_a_scope_without_which_nothing_works_is_named_with_the_remedy(
    dev: MemoryPerson, world: World, scope: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    fewer = tuple(granted for granted in MANIFEST_SCOPES if granted != scope)
    world.slack.state.directory.changes_installation(scopes=fewer)
    world.clock.leap(61)

    assert scope in world.bot.poster.access.problem()
    assert scope in dev.asks("status", REFUSED).text
    (line,) = loud(caplog)
    assert f"add {scope} under OAuth & Permissions" in line


def test_a_scope_that_little_needs_keeps_nobody_from_their_work(
    dev: MemoryPerson, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.runs("web")
    fewer = tuple(granted for granted in MANIFEST_SCOPES if granted != "files:write")
    world.slack.state.directory.changes_installation(scopes=fewer)
    world.clock.leap(61)

    assert "files:write" in world.bot.poster.access.problem()
    dev.asks("scale web=3", "✅ web")
    assert len(loud(caplog)) == 1
