"""Nodes that go Down, and what they take along."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.model import Mode, Node, NodeState, Shortfall, Task
from bot.model.alert_facts import Aftermath, LostReplicas, NodeDown
from bot.model.incident import AlertState, RecentChange, Severity
from bot.model.slash import SLASH
from bot.model.swarm import left_over
from bot.render.alerts.alert_reasons import Reason
from bot.render.alerts.alert_words import now_words
from bot.settings import WatchRule, WatchSettings
from tests.unit.watch.world import (
    API,
    DEV,
    ENGINES,
    FOUR,
    NOW,
    SPREAD,
    WEB,
    WELL,
    begun,
    engine,
    manager,
    node,
    rollout,
    service,
    silent,
    task,
)

DOWN4 = (*FOUR[:3], node(4, state="down"))
REPLACED = (
    *(task for task in SPREAD if task.node_id != "n4"),
    task("web", 4, 4, desired="shutdown"),
    task("api", 2, 4, desired="shutdown"),
)
ELSEWHERE_NOW = (*REPLACED, task("web", 4, 2), task("api", 2, 3))


def test_a_drained_node_that_is_down_is_down_and_known_as_drained() -> None:
    story = begun()
    (alert,) = story.sees(
        nodes=(*FOUR[:3], node(4, state="down", availability="drain")), tasks=ELSEWHERE_NOW
    ).changed
    assert alert.problems[0].facts == NodeDown(node_id="n4", drained=True)


def test_a_node_goes_down_while_it_runs_web_and_api() -> None:
    story = begun()
    (alert,) = story.sees(nodes=DOWN4).changed
    assert (alert.name, alert.state, alert.severity) == ("node4", AlertState.FIRING, "critical")
    assert alert.problems[0].lost == (Shortfall("api", 1, 2), Shortfall("web", 3, 4))
    assert alert.problems[0].facts == NodeDown(node_id="n4", replicas=LostReplicas.BEING_REPLACED)

    story.sees(tasks=REPLACED)
    assert story.verdict.changed == ()
    story.waits(300)
    assert story.troubles == {"node:n4": ["node-down"]}, (
        "services that a node explains have no alert of their own"
    )

    (whole,) = story.sees(tasks=ELSEWHERE_NOW).changed
    assert (whole.id, whole.problems[0].lost) == (alert.id, ())
    assert whole.problems[0].facts == NodeDown(node_id="n4", replicas=LostReplicas.REPLACED)

    (over,) = story.sees(nodes=FOUR).changed
    assert (over.id, over.state, over.resolved, over.since) == (
        alert.id,
        AlertState.RESOLVED,
        story.world.at,
        alert.since,
    )
    assert over.aftermath is Aftermath.IDLE


def test_two_hundred_services_on_a_dead_node_are_one_alert() -> None:
    many = tuple(service(f"s{number:03}", 1) for number in range(200))
    tasks = tuple(task(service.name, 1, 4) for service in many)
    story = begun(services=many, tasks=tasks)
    (alert,) = story.sees(nodes=DOWN4).changed
    assert len(alert.problems[0].lost) == 200
    story.waits(120, 30)
    assert list(story.memory.incidents) == ["node:n4"]


def test_all_nodes_are_unknown_for_three_seconds_after_the_leader_stopped() -> None:
    story = begun()
    unknown = tuple(replace(node, state=NodeState.UNKNOWN) for node in FOUR)
    assert story.sees(nodes=unknown).changed == ()
    assert story.sees(3, nodes=FOUR).changed == ()
    assert story.memory.incidents == {}


def test_a_node_that_stays_unknown_is_as_good_as_down_after_45_seconds() -> None:
    story = begun()
    unknown = story.with_node(node(4, state="unknown"))
    story.sees(nodes=unknown)
    assert story.waits(45) == []
    assert story.troubles == {}
    story.waits(5)
    assert story.troubles == {"node:n4": ["node-down"]}


def test_a_node_that_is_down_stays_so_while_a_new_leader_knows_nothing_of_it() -> None:
    story = begun()
    story.sees(nodes=DOWN4, tasks=ELSEWHERE_NOW)
    assert (
        story.sees(nodes=tuple(replace(node, state=NodeState.UNKNOWN) for node in FOUR)).changed
        == ()
    )
    assert story.sees(3, nodes=(*FOUR[:3], node(4, state="unknown"))).changed == ()
    assert story.sees(30, nodes=DOWN4).changed == ()
    assert story.troubles == {"node:n4": ["node-down"]}


def test_a_node_that_is_removed_is_no_trouble_any_more() -> None:
    story = begun()
    story.sees(nodes=DOWN4, tasks=ELSEWHERE_NOW)
    (over,) = story.sees(nodes=FOUR[:3]).changed
    assert (over.state, over.aftermath) == (AlertState.RESOLVED, Aftermath.GONE)


@pytest.mark.parametrize(
    ("extra", "aftermath"),
    [
        ((), Aftermath.IDLE),
        ((task("agent", 0, 4),), Aftermath.ONLY_GLOBAL),
        ((task("web", 5, 4),), Aftermath.NOTHING),
    ],
)
def test_a_node_that_is_back_and_runs_nothing_says_so(
    extra: tuple[Task, ...], aftermath: Aftermath
) -> None:
    agent = service("agent", mode=Mode.GLOBAL)
    agent = replace(agent, replicas=None)
    agents = tuple(task("agent", 0, number) for number in range(1, 4))
    before = (*SPREAD, *agents, task("agent", 0, 4))
    story = begun(services=(WEB, API, agent), tasks=before)
    story.sees(nodes=DOWN4, tasks=before)
    tasks = (*(task for task in ELSEWHERE_NOW if task.node_id != "n4"), *agents, *extra)
    story.sees(nodes=FOUR, tasks=tasks)
    assert story.one("node:n4").aftermath is aftermath


def test_a_flapping_node_is_one_incident() -> None:
    story = begun()
    (first,) = story.sees(nodes=DOWN4).changed
    story.memory = replace(
        story.memory,
        incidents={"node:n4": replace(first, acknowledged_by=DEV, acknowledged=story.world.at)},
    )
    story.sees(nodes=FOUR)
    (again,) = story.sees(500, nodes=DOWN4).changed
    assert (again.id, again.times, again.state) == (first.id, 2, AlertState.FIRING)
    assert (again.acknowledged_by, again.resolved, again.aftermath) == (
        None,
        None,
        Aftermath.NOTHING,
    )
    assert again.opened == first.opened
    assert again.since == story.world.at
    story.sees(nodes=FOUR)
    assert story.sees(601).changed == ()
    assert story.memory.incidents == {}
    (new,) = story.sees(nodes=DOWN4).changed
    assert (new.id != first.id, new.times) == (True, 1)


def test_what_was_deployed_lately_is_said_and_reads_the_same_later() -> None:
    story = begun()
    story.sees(
        nodes=DOWN4, rollouts={WEB.id: rollout(WEB, ago=240), API.id: rollout(API, ago=3600)}
    )
    (change,) = story.one("node:n4").changes
    assert change == RecentChange(
        service="web", verb="deploy", by="dev", before=timedelta(seconds=242)
    )
    assert story.waits(120, 30) == []


def test_a_service_that_was_whole_again_has_an_alert_of_its_own_later() -> None:
    story = begun()
    story.sees(nodes=DOWN4, tasks=ELSEWHERE_NOW)
    story.waits(120, 30)
    story.sees(tasks=tuple(task for task in ELSEWHERE_NOW if task.id != "web.4.n2.running"))
    story.waits(60)
    assert story.troubles == {"node:n4": ["node-down"], "service:s-web": ["service-below"]}
    assert story.one("node:n4").problems[0].lost == ()


def test_while_nobody_lists_the_nodes_they_stay_as_they_were() -> None:
    story = begun()
    story.sees(nodes=DOWN4)
    before = story.one("node:n4")
    story.sees(nodes=None, services=None, tasks=None, cluster=None)
    assert story.verdict.changed == ()
    assert story.one("node:n4") == before


def test_tasks_that_nobody_lists_leave_the_losses_as_they_were() -> None:
    story = begun()
    story.sees(nodes=DOWN4)
    assert story.sees(tasks=None).changed == ()
    assert story.sees(services=None).changed == ()


def test_a_manager_that_is_down_says_what_the_quorum_bears() -> None:
    story = begun()
    down = manager(3, reachability="unreachable", state="down")
    story.sees(nodes=story.with_node(down), engines=(*ENGINES[:2], silent(3)))
    story.waits(60)
    assert story.troubles == {"node:n3": ["node-down"]}, (
        "neither its engine nor the quorum alert beside it"
    )
    assert "no more manager may fail" in story.reason("node:n3").cause


def test_whoever_does_not_want_to_hear_of_nodes_hears_of_services() -> None:
    story = begun()
    story.watch = WatchSettings(rules={"node-down": WatchRule(watched=False)})
    story.sees(nodes=DOWN4)
    story.waits(60)
    assert set(story.troubles) == {"service:s-web", "service:s-api"}


def test_the_first_look_ever_finds_what_is_down_already() -> None:
    story = begun(nodes=FOUR)
    story.memory = replace(story.memory, incidents={}, unready={})
    story.world = replace(WELL, at=NOW, nodes=DOWN4, engines=(engine(1), engine(2), engine(3)))
    story.sees()
    assert story.troubles == {"node:n4": ["node-down"]}


def anew(**fields: Any) -> Node:
    """The machine of node4, after it joined anew."""
    return replace(node(5), name="node4", created=NOW, **fields)


OLD4 = node(4, state="down", address="10.0.0.4", created=NOW - timedelta(days=9), updated=NOW)


def test_a_node_that_joined_anew_leaves_an_entry_that_is_called_that() -> None:
    story = begun()
    story.sees(nodes=(*FOUR[:3], OLD4))
    assert story.one("node:n4").severity is Severity.CRITICAL
    assert f"`{SLASH} node rm n4`" in story.reason("node:n4").fix
    story.sees(nodes=(*FOUR[:3], OLD4, anew(address="10.0.0.4")))
    entry = story.one("node:n4")
    assert (entry.state, entry.severity) == (AlertState.FIRING, Severity.NOTE)
    assert now_words(entry.problems[0]) == "An old entry of node4 is left over"
    assert story.reason("node:n4") == Reason(
        "node4 joined the Swarm anew, and n4 stayed in the list as Down.", f"`{SLASH} node rm n4`."
    )
    story.sees(nodes=(*FOUR[:3], anew(address="10.0.0.4")))
    assert story.one("node:n4").state is AlertState.RESOLVED


def test_an_old_entry_of_a_manager_still_counts() -> None:
    old = manager(
        4, state="down", reachability="unreachable", created=NOW - timedelta(days=9), updated=NOW
    )
    story = begun()
    story.sees(nodes=(*FOUR[:3], old, anew()))
    assert story.one("node:n4").severity is Severity.WARNING
    told = story.reason("node:n4")
    assert told.fix == f"`{SLASH} node rm n4`."
    assert "more manager may fail" in told.cause


@pytest.mark.parametrize(
    ("other", "left"),
    [
        # The same address, or joined when the old one was gone.
        ({"address": "10.0.0.4", "created": NOW - timedelta(days=3)}, True),
        ({"address": "10.0.0.9", "created": NOW}, True),
        # Two machines that happen to have the same host name.
        ({"address": "10.0.0.9", "created": NOW - timedelta(days=3)}, False),
        ({"address": "10.0.0.9", "created": NOW - timedelta(days=30)}, False),
        ({"address": "10.0.0.9", "created": NOW, "state": "down"}, False),
        ({"address": "10.0.0.9", "created": NOW, "name": "node7"}, False),
    ],
)
def test_what_is_left_over(other: dict[str, Any], left: bool) -> None:
    newer = replace(node(5, state=other.pop("state", "ready")), **{"name": "node4", **other})
    assert left_over((OLD4, newer, *FOUR[:3])) == (frozenset({"n4"}) if left else frozenset())
