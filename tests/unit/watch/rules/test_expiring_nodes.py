"""Nodes that are Down and whose certificate ends meanwhile: later they have to join anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model import Node
from bot.model.alert_facts import Aftermath, ExpiringNode
from bot.model.incident import AlertState, Incident
from bot.model.slash import SLASH
from tests.unit.watch.world import FOUR, NOW, Story, begun, cluster, node

CERTIFICATE = "certificate:node:n4"
LIFE = timedelta(days=90)


def down(days: float, **fields: object) -> tuple[Node, ...]:
    """The nodes, of which node4 has been Down for so many days."""
    return (*FOUR[:3], node(4, state="down", updated=NOW - timedelta(days=days), **fields))


def expiring(story: Story) -> Incident | None:
    return story.firing.get(CERTIFICATE)


@pytest.mark.parametrize(
    ("days", "severity"),
    [
        (1, ""),
        (71, ""),
        (73, "warning"),
        (85, "warning"),
        (86, "critical"),
        (89.9, "critical"),
        (91, "warning"),
    ],
)
def test_it_is_told_of_by_the_time_that_is_left(days: float, severity: str) -> None:
    story = begun()
    story.sees(nodes=down(days), cluster=cluster())
    incident = expiring(story)
    assert (str(incident.severity) if incident else "") == severity


def test_it_is_one_incident_that_gets_worse_and_is_over_when_the_node_is_back() -> None:
    story = begun()
    story.sees(nodes=down(73), cluster=cluster())
    first = expiring(story)
    assert first
    assert first.problems[0].facts == ExpiringNode(node_id="n4", ends=NOW + timedelta(days=17))
    story.waits(3600, 600)
    assert expiring(story) == first, "nothing is told again while nothing changes"

    story.sees(nodes=down(87), cluster=cluster())
    worse = expiring(story)
    assert worse
    assert (worse.id, worse.severity) == (first.id, "critical")

    story.sees(nodes=FOUR)
    assert expiring(story) is None
    assert story.one(CERTIFICATE).state is AlertState.RESOLVED


def test_a_node_that_was_removed_is_told_of_as_such() -> None:
    story = begun()
    story.sees(nodes=down(73), cluster=cluster())
    story.sees(nodes=FOUR[:3])
    assert story.one(CERTIFICATE).aftermath is Aftermath.GONE


def test_while_nobody_knows_the_settings_of_the_swarm_it_stays() -> None:
    story = begun()
    story.sees(nodes=down(73), cluster=cluster())
    story.sees(cluster=None)
    assert expiring(story)
    story.sees(cluster=cluster(), nodes=None)
    assert expiring(story)


def test_the_reason_says_until_when_and_the_way_back() -> None:
    story = begun()
    story.sees(nodes=down(73), cluster=cluster())
    reason = story.reason(CERTIFICATE)
    assert f"{NOW + timedelta(days=17):%Y-%m-%d}" in reason.cause
    assert f"{SLASH} node rm n4" in reason.fix

    story.sees(nodes=down(91), cluster=cluster())
    assert "join anew" in story.reason(CERTIFICATE).fix


def test_an_entry_that_is_left_over_is_in_nobodys_way() -> None:
    story = begun()
    joined = replace(node(5), name="node4")
    story.sees(nodes=(*down(73), joined), cluster=cluster())
    assert expiring(story) is None
