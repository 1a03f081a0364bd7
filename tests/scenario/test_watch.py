"""The watch on the real Swarm: something goes wrong, one message says so, and says when it is
over."""

from __future__ import annotations

import re

import pytest

from playground.cluster import Cluster
from playground.workspace import Workspace
from playground.workspace.person import Person
from playground.workspace.surfaces import Message, matches
from tests.scenario.conftest import People
from tests.scenario.running import RunningBot, eventually, leader_of
from tests.scenario.swarm import Site

pytestmark = [pytest.mark.own_bot, pytest.mark.watched]


def alerts(person: Person) -> list[Message]:
    """What stands in #alerts for everybody, without what is in threads."""
    return [
        message
        for message in person.messages("alerts")
        if not message.in_thread and not message.ephemeral
    ]


def told(person: Person) -> list[str]:
    return [alert.text.splitlines()[0] for alert in alerts(person)]


def raised(person: Person, pattern: str | re.Pattern[str], seconds: float) -> Message:
    """Wait for the alert that says so; what is in threads does not count."""

    def fitting() -> list[Message]:
        return [alert for alert in alerts(person) if matches(pattern, alert.shown)]

    eventually(
        fitting,
        seconds,
        lambda: f"no {pattern} among: {[message.shown for message in alerts(person)]}",
    )
    return fitting()[-1]


def becomes(message: Message, pattern: str | re.Pattern[str], seconds: float) -> None:
    """Wait until this very message says so."""
    eventually(
        lambda: matches(pattern, message.shown),
        seconds,
        lambda: f"{pattern} is not in: {message.shown}",
    )


def history(person: Person, message: Message) -> str:
    """What the thread of a message says."""
    return "\n".join(
        said.text
        for said in person.messages("alerts")
        if said.in_thread and said.posted.thread_ts == message.ts
    )


@pytest.mark.costs(25)
def test_a_node_goes_down_and_comes_back_while_the_bot_was_killed(
    dev: Person, site: Site, cluster: Cluster, bot: RunningBot
) -> None:
    site.runs("web", "web:v1", "--replicas", "4")
    site.runs("only", "web:v1", "--constraint", "node.hostname==node4")

    cluster.nodes["node4"].stop()
    alert = raised(dev, "🔴 node4 is Down", 40)
    assert "only" in raised(dev, "only 0/1", 20).text
    assert len(alerts(dev)) == 1, "services that lose replicas come along in the same message"

    dev.clicks("Acknowledge", alert)
    becomes(alert, "acknowledged by dev", 10)
    eventually(lambda: "acknowledged by dev" in history(dev, alert), 20)

    bot.kill()
    cluster.nodes["node4"].start()
    bot.start()
    becomes(alert, "🟢 node4 is back", 60)
    assert re.search(r"was Down \d+ s|was Down 1 m", alert.text)
    assert not [button for button in alert.buttons if button in ("Acknowledge", "Drain node4")]
    assert len(alerts(dev)) == 1, told(dev)


def test_a_locked_manager_is_unlocked_from_its_alert(
    dev: Person, people: People, site: Site, cluster: Cluster, workspace: Workspace
) -> None:
    # Where the leader is locked another one leads, which is a message of its own.
    locked = next(name for name in ("node2", "node3") if name != leader_of(cluster))
    key = cluster.lock(locked)
    alert = raised(dev, f"🔒 {locked} is a locked manager", 40)
    assert len(alerts(dev)) == 1, "a machine that is locked is one incident, not two"

    # The operator's own key, by the modal: first a wrong one.
    cluster.docker("swarm", "update", "--autolock=false")
    dev.clicks("Unlock", alert)
    asked = dev.now
    dev.types("/swarm swarm unlock")
    dev.sees_modal("Unlock", after=asked)
    dev.submits({"Key": "SWMKEY-1-wrong"})
    dev.sees(f"not the key of {locked}", timeout=20, after=asked)
    assert cluster.nodes[locked].swarm_state == "locked"
    assert "🔒" in alert.text

    asked = dev.types("/swarm swarm unlock")
    dev.sees_modal("Unlock", after=asked)
    dev.submits({"Key": key})
    dev.sees(f"✅ {locked} is unlocked", timeout=60, after=asked)
    becomes(alert, f"🟢 {locked}", 60)
    assert cluster.nodes[locked].swarm_state == "active"
    assert len(alerts(dev)) == 1, told(dev)


@pytest.mark.costs(60)
def test_the_quorum_is_lost_and_slack_hears_of_it(
    dev: Person, site: Site, cluster: Cluster
) -> None:
    cluster.nodes["node2"].stop()
    first = raised(dev, "🔴 node2 is Down", 60)
    assert "no more manager may fail" in first.text or "no further manager may fail" in first.text

    cluster.nodes["node3"].stop()
    lost = raised(dev, "no quorum", 90)
    assert lost != first
    assert "🔴" in lost.text

    cluster.nodes["node3"].start()
    cluster.nodes["node2"].start()
    becomes(lost, re.compile("🟢.*quorum"), 90)
    becomes(first, re.compile("🟢.*node2"), 90)
    # An engine that is away for long without a Swarm that calls it Down has an alert of its own.
    eventually(lambda: not [line for line in told(dev) if line[0] in "🔴🟠"], 60)


@pytest.mark.costs(40)
def test_another_leader_is_a_note_and_no_alarm(dev: Person, site: Site, cluster: Cluster) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--constraint", "node.hostname==node4")
    leader = leader_of(cluster)
    dev.does_not_see("🔴", within=3, channel="alerts")
    cluster.nodes[leader].stop()
    note = raised(dev, "leads the Swarm", 60)
    assert leader in note.text
    down = raised(dev, f"{leader} is Down", 60)
    cluster.nodes[leader].start()
    becomes(down, f"🟢 {leader} is back", 90)
    assert not [line for line in told(dev) if leader not in line and "🔴" in line], (
        "unknown is no alarm"
    )


@pytest.mark.costs(25)
def test_a_change_by_hand_is_noted_and_what_the_bot_does_is_not(
    dev: Person, site: Site, cluster: Cluster
) -> None:
    site.runs("web", "web:v1", "--replicas", "3", "--constraint", "node.hostname!=node1")
    dev.does_not_see("", within=3, channel="alerts")
    dev.types(f"/swarm deploy web {site.image('web:v2')} --parallelism 3")
    dev.sees("✅ web is on", timeout=60)
    dev.types("/swarm node update --availability drain node4")
    dev.sees("web: 1 task moved", timeout=60, channel="ops")
    dev.does_not_see("", within=10, channel="alerts")

    cluster.docker(
        "service", "update", "--quiet", "--detach", "--image", site.image("web:v1"), "web"
    )
    note = raised(dev, "web was changed outside swarmbot", 15)
    assert "v1" in note.text
    assert len(alerts(dev)) == 1, told(dev)


@pytest.mark.costs(20)
def test_a_stack_that_is_changed_by_hand_is_one_note(
    dev: Person, site: Site, cluster: Cluster
) -> None:
    for name in ("shop_web", "shop_api"):
        site.runs(name, "web:v1", "--label", "com.docker.stack.namespace=shop")
    dev.does_not_see("shop", within=3, channel="alerts")
    for name in ("shop_web", "shop_api"):
        cluster.docker(
            "service", "update", "--quiet", "--detach", "--image", site.image("web:v2"), name
        )
    note = raised(dev, "shop was changed outside swarmbot", 20)
    assert "2 services of this stack, shop_api (image" in note.text
    assert len(alerts(dev)) == 1, told(dev)
    asked = dev.clicks("Services", note)
    assert "shop_web" in dev.sees("2 services", after=asked).text


@pytest.mark.costs(20)
def test_what_is_silenced_stays_quiet(dev: Person, site: Site, cluster: Cluster) -> None:
    asked = dev.types("/swarm silence node4 --for 1h")
    dev.sees("node4", after=asked)
    cluster.nodes["node4"].stop()
    eventually(
        lambda: (
            "node4 down"
            in site.cluster.docker("node", "ls", "--format", "{{.Hostname}} {{.Status}}").lower()
        ),
        40,
    )
    dev.does_not_see("node4 is Down", within=8, channel="alerts")
    asked = dev.types("/swarm alerts")
    assert "node4" in dev.sees("silenced", after=asked).text

    asked = dev.types("/swarm unsilence node4")
    dev.sees("no longer silenced", after=asked)
    alert = raised(dev, "🔴 node4 is Down", 20)
    cluster.nodes["node4"].start()
    becomes(alert, "🟢 node4", 60)
