"""A node that came back gets its share again: services are spread anew, one after the other, and
nothing else is touched."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from playground.workspace.person import Person
from playground.workspace.surfaces import Message
from tests.scenario.conftest import People
from tests.scenario.swarm import Site


def lying(site: Site, name: str) -> list[int]:
    """How many tasks of the service run on each node, the most first."""
    listed = site.cluster.docker(
        "service",
        "ps",
        "--filter",
        "desired-state=running",
        "--format",
        "{{.Node}} {{.CurrentState}}",
        name,
    )
    counts = Counter(
        line.split()[0] for line in listed.splitlines() if line.split()[1] == "Running"
    )
    return sorted(counts.values(), reverse=True)


def asks(person: Person, line: str) -> Message:
    """The private answer to a line."""
    asked = person.types(f"/swarm {line}")
    answer = person.sees("", after=asked)
    assert answer.ephemeral, line
    return answer


def node4_was_away(site: Site, **services: tuple[str, ...]) -> None:
    """Services with these flags were started while node4 was drained; now it is Active again, and
    runs none of them."""
    site.cluster.docker("node", "update", "--availability", "drain", "node4")
    for name, flags in services.items():
        site.runs(name, "web:v1", *flags)
    site.cluster.docker("node", "update", "--availability", "active", "node4")


@pytest.mark.costs(35)
def test_a_node_that_came_back_gets_its_share(dev: Person, site: Site) -> None:
    node4_was_away(
        site,
        web=("--replicas", "4", "--update-parallelism", "2"),
        api=("--replicas", "5", "--update-parallelism", "3"),
        three=("--replicas", "3"),
        single=(),
    )
    assert lying(site, "web") == [2, 1, 1]
    before = {name: (site.spec(name), site.tasks(name)) for name in ("three", "single")}
    web = site.spec("web")

    asked = dev.types("/swarm rebalance")

    running = dev.sees("of 2 services", timeout=30, after=asked)
    assert "rebalance" in running.text
    message = dev.sees("✅ rebalance api, web", timeout=90, after=asked)
    assert not message.ephemeral
    assert message.ts == running.ts
    assert (
        "a forced update restarts every task of these services, not only those that move"
        in message.text
    )
    assert "web now: 1 on node1, 1 on node2, 1 on node3, 1 on node4" in message.text
    assert lying(site, "web") == [1, 1, 1, 1]
    assert lying(site, "api") == [2, 1, 1, 1]
    assert {name: (site.spec(name), site.tasks(name)) for name in before} == before
    template = {**web["TaskTemplate"], "ForceUpdate": web["TaskTemplate"].get("ForceUpdate", 0) + 1}
    assert site.spec("web") == {**web, "TaskTemplate": template}
    assert "nothing to change" in asks(dev, "rebalance").text
    assert "web lies as evenly as it can" in asks(dev, "rebalance web").text


@pytest.mark.costs(20)
def test_a_named_service_alone(dev: Person, guest: Person, site: Site) -> None:
    node4_was_away(
        site,
        web=("--replicas", "4", "--update-parallelism", "2"),
        api=("--replicas", "4"),
        agent=("--mode", "global", "--constraint", "node.hostname==node1"),
    )
    before = site.spec("api"), site.tasks("api")

    assert "You may not" in asks(guest, "rebalance web").text
    assert "agent is global" in asks(dev, "rebalance agent").text
    assert "Did you mean web" in asks(dev, "rebalance wbe").text
    asked = dev.types("/swarm rebalance web")

    message = dev.sees("✅ web · rebalance · 4/4", timeout=60, after=asked)
    assert "web now: 1 on node1, 1 on node2, 1 on node3, 1 on node4" in message.text
    assert lying(site, "web") == [1, 1, 1, 1]
    assert (site.spec("api"), site.tasks("api")) == before


def test_what_is_held_stays_and_what_fails_stops_the_rest(
    people: People, dev: Person, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "mounted").mkdir()
    mount = f"type=bind,source={tmp_path / 'mounted'},target=/data"
    node4_was_away(
        site,
        api=("--replicas", "4"),
        broken=("--replicas", "4", "--mount", mount, "--update-failure-action", "pause"),
        web=("--replicas", "4"),
    )
    asked = people.lead.types("/swarm hold api incident 42")
    people.lead.sees("api is held", after=asked)
    before = {name: (site.spec(name), site.tasks(name)) for name in ("api", "web")}
    (tmp_path / "mounted").rmdir()

    asked = dev.types("/swarm rebalance")

    message = dev.sees("⏸ rebalance broken, web · paused", timeout=120, after=asked)
    assert "does not exist on the node" in message.text
    assert "not touched: web" in message.text
    assert {name: (site.spec(name), site.tasks(name)) for name in before} == before
    again = asks(dev, "rebalance api")
    assert "✋ api is held by lead" in again.text
