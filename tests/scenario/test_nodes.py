"""Nodes from Slack: the lines that operators type, what moves when a node is drained, and machines
that are gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.workspace.person import Person
from playground.workspace.surfaces import Message
from tests.scenario.running import eventually
from tests.scenario.swarm import Site


def spec_of(site: Site, node: str) -> dict[str, Any]:
    return dict(json.loads(site.cluster.docker("node", "inspect", node))[0]["Spec"])


def without_role(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "Role"}


def running_on(site: Site, node: str) -> list[str]:
    """Names of the tasks that run there."""
    listed = site.cluster.docker("node", "ps", "--format", "{{.Name}} {{.CurrentState}}", node)
    return [line.split()[0] for line in listed.splitlines() if line.split()[1] == "Running"]


def managers(site: Site) -> list[str]:
    """Names of the nodes that are managers now, whatever they are to become."""
    listed = site.cluster.docker("node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}")
    return sorted(line.split()[0] for line in listed.splitlines() if len(line.split()) > 1)


def asks(person: Person, line: str) -> Message:
    """The private answer to a line."""
    asked = person.types(f"/swarm {line}")
    answer = person.sees("", after=asked)
    assert answer.ephemeral, line
    return answer


def test_looking_at_nodes_as_typed(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "2", "--constraint", "node.hostname==node2")
    names = site.cluster.docker("node", "ls", "--format", "{{.Hostname}}").split()

    for line in ("node ls", "docker node ls"):
        answer = asks(dev, line)
        assert all(name in answer.text for name in names)
        assert "Leader" in answer.text
    for line in ("node ps node2", "docker node ps node2"):
        answer = asks(dev, line)
        assert {"web.1", "web.2"} <= set(answer.text.split()), line
        assert "2 tasks running" in answer.text
    assert "🟢 node" in asks(dev, "node ps self").text
    assert "node1" in (both := asks(dev, "node ps node1 node2")).text
    assert "node2" in both.text
    for line in ("node inspect node2 --pretty", "docker node inspect node2"):
        sheet = asks(dev, line).text
        assert "web ×2" in sheet
        assert "Reachable" in sheet
        assert "linux/" in sheet
        assert "{" not in sheet
    assert "Did you mean node4" in asks(dev, "node inspect nod4").text


def test_availability_and_labels_as_the_cli_sets_them(dev: Person, site: Site) -> None:
    lines = {
        "node update --label-add zone=a --label-add empty {}": "✅ node4 has label zone=a",
        "node update --availability drain {}": "✅ node4 is Drain",
        "node update --availability pause {}": "✅ node4 is Pause",
        "node update --availability=active --label-rm empty {}": "✅ node4 is Active",
    }
    for number, (line, said) in enumerate(lines.items()):
        asked = dev.types(f"/swarm {'docker ' if number % 2 else ''}{line.format('node4')}")
        assert not dev.sees(said, after=asked).ephemeral
        site.cluster.docker(*line.format("node3").split())
        assert without_role(spec_of(site, "node4")) == without_role(spec_of(site, "node3")), line
    assert "nothing to change" in asks(dev, "node update --label-add zone=a node4").text
    assert "a label of node4: zone" in asks(dev, "node update --label-rm zoen node4").text


def test_nothing_else_of_a_node_changes(dev: Person, site: Site) -> None:
    site.cluster.docker(
        "node",
        "update",
        "--label-add",
        "disk=ssd",
        "--label-add",
        "zone=b",
        "--availability",
        "pause",
        "node2",
    )
    before = spec_of(site, "node2")

    asked = dev.types("/swarm node update --label-add rack=7 node2")
    dev.sees("✅ node2", after=asked)
    assert spec_of(site, "node2") == {**before, "Labels": {**before["Labels"], "rack": "7"}}
    asked = dev.types("/swarm node update --availability active --label-rm rack node2")
    dev.sees("✅ node2", after=asked)
    assert spec_of(site, "node2") == {**before, "Availability": "active"}


@pytest.mark.costs(20)
def test_a_drained_node_runs_nothing_and_the_channel_learns_what_moved(
    dev: Person, site: Site
) -> None:
    site.runs("web", "web:v1", "--replicas", "3", "--constraint", "node.hostname!=node1")
    site.runs("agent", "web:v1", "--mode", "global")
    site.runs("only", "web:v1", "--constraint", "node.hostname==node4")
    assert {"only.1"} <= set(running_on(site, "node4"))

    asked = dev.types("/swarm node update --availability drain node4")

    message = dev.sees("node4 is Drain", timeout=60, after=asked)
    assert running_on(site, "node4") == []
    assert "web: 1 task moved, it runs on node2" in message.text
    assert "agent: ended there" in message.text
    assert (
        "only: its task would wait, for no other node is Ready and Active and fulfils its "
        "constraints"
    ) in message.text
    assert len(site.tasks("web")) == 3

    asked = dev.types("/swarm node update --availability active node4")
    assert "/swarm rebalance" in dev.sees("node4 is Active", timeout=60, after=asked).text
    eventually(lambda: "only.1" in running_on(site, "node4"), 20)


def test_a_drain_without_room_says_so(dev: Person, site: Site) -> None:
    memory = json.loads(site.cluster.docker("node", "inspect", "node4"))[0]["Description"][
        "Resources"
    ]["MemoryBytes"]
    site.runs("big", "web:v1", "--replicas", "4", "--reserve-memory", str(memory * 2 // 3))

    asked = dev.types("/swarm node update --availability drain node4")

    message = dev.sees("node4 is Drain", timeout=60, after=asked)
    assert (
        "big: its task would wait, for the other nodes have no room left for what it reserves"
        in message.text
    )
    assert len([name for name in ("node1", "node2", "node3") if running_on(site, name)]) == 3


def test_promoted_and_demoted(dev: Person, site: Site) -> None:
    before = spec_of(site, "node4")

    asked = dev.types("/swarm docker node promote node4")
    message = dev.sees("✅ node4 is a manager", timeout=100, after=asked)
    assert managers(site) == ["node1", "node2", "node3", "node4"]
    assert spec_of(site, "node4") == {**before, "Role": "manager"}
    assert "managers 3 → 4, 1 of them may then fail" in message.text
    assert "4 managers bear no more losses than 3" in message.text
    assert "already" in asks(dev, "node promote node4").text

    asked = dev.types("/swarm node demote node4")
    dev.sees("✅ node4 is a worker", timeout=60, after=asked)
    assert managers(site) == ["node1", "node2", "node3"]
    assert spec_of(site, "node4") == before


def test_what_is_up_is_not_removed_unless_forced(dev: Person, site: Site) -> None:
    assert "docker swarm leave" in (refusal := asks(dev, "node rm node4")).text
    assert "/swarm node update --availability drain node4" in refusal.text
    assert "/swarm node demote node2" in asks(dev, "node rm node2").text
    assert "/swarm node demote node2" in asks(dev, "node rm --force node2").text
    assert len(site.cluster.docker("node", "ls", "-q").split()) == 4

    asked = dev.types("/swarm docker node rm --force node4")
    dev.sees("✅ node4 is no longer in the Swarm", timeout=60, after=asked)
    assert "node4" not in site.cluster.docker("node", "ls")


@pytest.mark.costs(30)
def test_a_machine_that_died_is_removed_in_one_command(dev: Person, site: Site) -> None:
    site.runs("web", "web:v1", "--replicas", "3")
    site.cluster.nodes["node3"].stop()
    eventually(lambda: "Down" in site.cluster.docker("node", "ls"), 60)

    refusal = asks(dev, "node demote node2")
    assert "That would leave 1 of 2 managers reachable: the quorum needs 2" in refusal.text
    assert "node3" in refusal.text
    assert spec_of(site, "node2")["Role"] == "manager"

    asked = dev.types("/swarm node rm node3")
    message = dev.sees("✅ node3 is no longer in the Swarm", timeout=100, after=asked)
    lines = [
        "node3 was Down",
        "node3 is demoted",
        "node3 is removed",
        "managers 3 → 2, none of them may then fail",
    ]
    assert [line for line in message.text.splitlines() if line in lines] == lines
    assert "two managers bear no loss" in message.text
    assert "/swarm node promote node4" in message.text
    assert managers(site) == ["node1", "node2"]
    eventually(
        lambda: sum(len(running_on(site, name)) for name in ("node1", "node2", "node4")) == 3, 20
    )
