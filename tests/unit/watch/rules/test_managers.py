"""Managers that are locked or out of reach, engines that are silent, the quorum, the leader."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.model.incident import AlertState
from bot.model.slash import SLASH
from bot.settings import WatchRule, WatchSettings
from tests.unit.watch.world import (
    ENGINES,
    FOUR,
    Story,
    begun,
    cluster,
    engine,
    locked,
    manager,
    node,
    silent,
    task,
)

DOWN3 = (FOUR[0], FOUR[1], manager(3, state="down", reachability="unreachable"), FOUR[3])
LEADERLESS: dict[str, Any] = {
    "nodes": None,
    "services": None,
    "tasks": None,
    "cluster": None,
    "leaderless": "no leader",
}
NO_LEADER = "rpc error: The swarm does not have a leader."
SEEN_AGAIN = {"services": None, "tasks": None, "leaderless": ""}


def test_a_locked_manager_is_one_incident_from_before_it_is_down_until_it_is_back() -> None:
    story = begun()
    (alert,) = story.sees(engines=(*ENGINES[:2], locked(3))).changed
    assert (alert.subject, alert.name, alert.problems[0].engine) == ("node:n3", "node3", "node3")
    assert "no more manager may fail" in story.reason("node:n3").cause
    story.sees(12, nodes=DOWN3)
    story.waits(60)
    assert story.troubles == {"node:n3": ["manager-locked", "node-down"]}

    # While it is unlocked it answers, and says nothing of itself.
    story.sees(
        engines=(*ENGINES[:2], engine(3, swarm="", node_id="", error="no answer within 1.5 s"))
    )
    assert story.troubles == {"node:n3": ["manager-locked", "node-down"]}
    story.sees(engines=ENGINES, nodes=FOUR)
    assert (story.one("node:n3").state, story.one("node:n3").id) == (AlertState.RESOLVED, alert.id)
    assert len(story.memory.incidents) == 1


def test_a_bot_that_never_saw_the_engine_finds_its_node_by_the_host_name() -> None:
    story = Story()
    story.sees(engines=(*ENGINES[:2], locked(3)), nodes=DOWN3)
    assert story.troubles == {"node:n3": ["manager-locked", "node-down"]}


def test_a_locked_engine_is_the_same_incident_once_its_node_is_known() -> None:
    story = Story()
    story.sees(engines=(*ENGINES[:2], locked(3)), **LEADERLESS)
    alert = story.one("engine:node3")
    story.sees(engines=(*ENGINES[:2], locked(3)), nodes=DOWN3, leaderless="")
    assert story.one("node:n3").id == alert.id
    assert [incident.id for incident in story.verdict.changed] == [alert.id]
    assert "engine:node3" not in story.memory.incidents


def test_two_hosts_of_one_name_are_told_apart_by_which_is_down() -> None:
    twin = manager(5)
    twins = (*DOWN3, replace(twin, name="node3"))
    story = Story()
    story.sees(engines=(*ENGINES[:2], locked(3)), nodes=twins)
    assert "node:n3" in story.firing


def test_a_manager_without_a_connection_may_be_locked() -> None:
    story = begun(engines=ENGINES[:2])
    story.sees(nodes=DOWN3, cluster=cluster(autolock=True))
    assert story.troubles == {"node:n3": ["node-down"]}
    story.sees(answering_hosts=frozenset({"n3"}))
    assert story.troubles == {"node:n3": ["manager-locked", "node-down"]}
    problem = story.one("node:n3").problems[0]
    assert problem.engine == ""
    assert "may be locked" in story.reason("node:n3").cause
    assert "`docker swarm unlock` on node3" in story.reason("node:n3").fix
    assert story.sees(nodes=None, cluster=None).changed == ()
    story.sees(nodes=DOWN3, cluster=cluster(autolock=False))
    assert story.troubles == {"node:n3": ["node-down"]}


def test_a_manager_that_the_others_do_not_reach_though_it_is_ready() -> None:
    story = begun()
    cut_off = story.with_node(manager(3, reachability="unreachable"))
    story.sees(nodes=cut_off)
    assert story.waits(15) == []
    story.waits(5)
    assert story.troubles == {"node:n3": ["manager-unreachable"]}
    assert "no more manager may fail" in story.reason("node:n3").cause


def test_while_nobody_can_list_the_nodes_nothing_that_they_showed_comes_of_age() -> None:
    story = begun()
    story.sees(nodes=story.with_node(manager(3, reachability="unreachable")))
    story.sees(nodes_at=story.world.at)
    for _ in range(10):
        story.sees(5)
    assert story.troubles == {}
    story.sees(nodes_at=story.world.at)
    assert story.troubles == {"node:n3": ["manager-unreachable"]}


def test_a_quorum_that_the_nodes_show_to_be_lost_is_told_of_before_they_fall_silent() -> None:
    story = begun()
    gone = (
        manager(1, leader=True),
        manager(2, reachability="unreachable"),
        manager(3, reachability="unreachable"),
        FOUR[3],
    )
    story.sees(nodes=gone, engines=(ENGINES[0], silent(2), silent(3)))
    assert story.waits(10) == []
    story.waits(5)
    assert story.troubles == {"quorum": ["quorum-lost"]}
    story.waits(5)
    assert "too few managers are left for a quorum" in story.reason("node:n2").cause


def test_a_leader_that_is_cut_off_is_no_lost_quorum() -> None:
    """It calls the others unreachable, whose engines answer, and who elect another leader."""
    story = begun()
    cut_off = tuple(manager(number, reachability="unreachable") for number in (2, 3))
    story.sees(nodes=(manager(1, leader=True), *cut_off, FOUR[3]))
    story.waits(60)
    assert "quorum" not in story.troubles


def test_a_manager_that_was_just_unlocked_is_not_called_down_while_it_joins() -> None:
    story = begun()
    story.sees(engines=(*ENGINES[:2], locked(3)), nodes=DOWN3)
    assert story.troubles == {"node:n3": ["manager-locked", "node-down"]}
    joining = (*ENGINES[:2], engine(3, swarm="pending"))
    assert story.sees(2, engines=joining).changed == ()
    cut_off = story.with_node(manager(3, reachability="unreachable"))
    assert story.sees(5, engines=ENGINES, nodes=cut_off).changed == ()
    (over,) = story.sees(4, nodes=FOUR).changed
    assert over.state is AlertState.RESOLVED


def test_a_manager_that_was_unlocked_and_does_not_come_back_is_down() -> None:
    story = begun()
    story.sees(engines=(*ENGINES[:2], locked(3)), nodes=DOWN3)
    story.sees(2, engines=(*ENGINES[:2], engine(3, swarm="pending")))
    story.waits(20)
    assert story.troubles == {"node:n3": ["node-down"]}


def test_another_trouble_of_the_same_manager_has_not_come_again() -> None:
    story = begun()
    story.sees(nodes=DOWN3)
    first = story.one("node:n3")
    story.sees(30, nodes=FOUR)
    assert story.one("node:n3").state is AlertState.RESOLVED
    story.sees(30, engines=(*ENGINES[:2], locked(3)), nodes=DOWN3)
    second = story.one("node:n3")
    assert (second.times, second.id != first.id) == (1, True)


def test_what_may_pass_by_itself_is_no_news_of_an_alert_that_is_open() -> None:
    story = begun()
    story.sees(nodes=DOWN3)
    cut_off = story.with_node(manager(3, reachability="unreachable"))
    assert story.sees(5, nodes=cut_off).changed == ()
    assert story.troubles == {"node:n3": ["node-down"]}
    story.waits(20)
    assert story.troubles == {"node:n3": ["manager-unreachable"]}


def test_an_engine_that_is_silent_for_twenty_seconds_says_why() -> None:
    story = begun()
    story.sees(engines=(*ENGINES[:2], silent(3, "TLS: certificate has expired")))
    assert story.waits(15) == []
    story.waits(5)
    assert story.troubles == {"node:n3": ["engine-unreachable"]}
    assert "certificate has expired" in story.reason("node:n3").cause
    assert f"{SLASH} certs" in story.reason("node:n3").fix


def test_a_silent_engine_is_no_news_of_a_node_that_is_down() -> None:
    story = begun()
    story.sees(engines=(*ENGINES[:2], silent(3)))
    story.sees(13, nodes=DOWN3)
    story.waits(60)
    assert story.troubles == {"node:n3": ["node-down"]}


def test_no_engine_at_all_is_one_incident() -> None:
    story = begun()
    story.sees(
        engines=(silent(1), silent(2), silent(3)),
        nodes=None,
        services=None,
        tasks=None,
        cluster=None,
    )
    story.waits(60)
    assert story.troubles == {"engines": ["engine-unreachable"]}
    story.sees(engines=ENGINES, nodes=FOUR)
    assert story.troubles == {}


def test_the_only_engine_is_silent() -> None:
    story = begun(engines=ENGINES[:1])
    story.sees(engines=(silent(1),), nodes=None, services=None, tasks=None, cluster=None)
    story.waits(20)
    assert story.troubles == {"node:n1": ["engine-unreachable"]}


def test_the_quorum_is_at_risk_where_nobody_hears_of_the_manager_itself() -> None:
    story = begun()
    story.watch = WatchSettings(rules={"manager-unreachable": WatchRule(watched=False)})
    story.sees(nodes=story.with_node(manager(3, reachability="unreachable")))
    assert story.waits(15) == []
    story.waits(5)
    assert story.troubles == {"quorum": ["quorum-at-risk"]}
    assert "node3 of 3 managers" in story.reason("quorum").cause
    story.sees(nodes=FOUR)
    assert story.troubles == {}


def test_the_quorum_is_lost_and_the_nodes_stay_as_they_were() -> None:
    story = begun()
    down2 = (FOUR[0], manager(2, state="down", reachability="unreachable"), *FOUR[2:])
    story.sees(nodes=down2, engines=(engine(1), silent(2), engine(3)))
    first = story.one("node:n2")
    story.sees(engines=(engine(1, error=NO_LEADER), silent(2), silent(3)), **LEADERLESS)
    assert story.waits(10) == []
    (lost,) = story.waits(5)
    assert (lost.subject, lost.severity) == ("quorum", "critical")
    assert (
        "2 of 3 managers have to be there; node2 and node3 do not answer"
        in story.reason("quorum").cause
    )
    story.waits(120)
    assert story.troubles == {"node:n2": ["node-down"], "quorum": ["quorum-lost"]}
    assert story.one("node:n2") == first

    story.sees(engines=ENGINES, nodes=FOUR, leaderless="")
    assert story.troubles == {}


def test_an_election_is_no_lost_quorum() -> None:
    story = begun()
    story.sees(
        engines=(engine(1, error=NO_LEADER), engine(2, error=NO_LEADER), silent(3)), **LEADERLESS
    )
    story.waits(10)
    story.sees(nodes=FOUR, engines=(*ENGINES[:2], silent(3)), leaderless="")
    assert story.troubles == {}


def test_a_locked_engine_alone_says_nothing_of_the_quorum() -> None:
    story = begun(engines=(engine(1),))
    story.sees(engines=(locked(1),), **{**LEADERLESS, "leaderless": "no engine is a manager"})
    story.waits(60)
    assert story.troubles == {"node:n1": ["manager-locked"]}


def test_two_managers_that_are_well_are_no_alert() -> None:
    two = (manager(1, leader=True), manager(2), node(4))
    story = begun(nodes=two, engines=ENGINES[:2], services=(), tasks=())
    story.waits(60)
    assert story.troubles == {}


def test_the_leader_moved() -> None:
    story = begun()
    moved = (manager(1), manager(2, leader=True), *FOUR[2:])
    story.sees(nodes=(manager(1), *FOUR[1:]))
    assert story.said == []
    story.sees(nodes=moved)
    assert story.said == ["node2 leads the Swarm now; before it was node1."]
    story.sees(nodes=FOUR)
    assert story.said == ["node1 leads the Swarm now; before it was node2."]
    assert story.memory.incidents == {}


def test_a_leader_that_left_is_still_called_by_its_name() -> None:
    story = begun()
    story.sees(
        nodes=(manager(2, leader=True), FOUR[2], FOUR[3]),
        engines=ENGINES[1:],
        tasks=(task("web", 1, 2),),
    )
    assert story.said == ["node2 leads the Swarm now; before it was node1."]


EXPIRED = "x509: certificate has expired or is not yet valid"


def test_expired_certificates_are_said_where_the_quorum_or_a_node_is_lost() -> None:
    story = begun()
    ended = engine(2, swarm="error", manager=False, error=EXPIRED)
    down = story.with_node(manager(2, state="down", reachability="unreachable"))
    story.sees(nodes=down, engines=(engine(1), ended, engine(3)))
    told = story.reason("node:n2")
    assert told.cause.startswith("Its node certificate has expired, says its engine")
    assert "docker swarm leave --force" in told.fix
    every = tuple(engine(n, swarm="error", manager=False, error=EXPIRED) for n in (1, 2, 3))
    story.sees(nodes=None, leaderless="no manager", engines=every)
    story.waits(60)
    told = story.reason("quorum")
    assert "the node certificates of node1, node2 and node3 have expired" in told.cause
    assert "docker swarm ca --rotate" in told.fix
