"""The doctor on a real Swarm: what is wrong is named with its fix, and the fix, typed as it stands
there, helps."""

from __future__ import annotations

import re
import time

import pytest

from playground.workspace.person import Person
from playground.workspace.surfaces import Message
from tests.scenario.running import eventually
from tests.scenario.swarm import Site


def examined(person: Person, said: str | re.Pattern[str] = "hint") -> Message:
    """What the doctor says now; `said` tells it from the other messages of the story."""
    asked = person.types("/swarm doctor")
    answer = person.sees(said, after=asked, timeout=40)
    assert answer.ephemeral
    return answer


def advice(answer: Message, said: str) -> str:
    """The finding that says this, and the line with its fix below it."""
    lines = answer.text.splitlines()
    places = [number for number, line in enumerate(lines) if said in line]
    assert len(places) == 1, f"{said!r} in\n{answer.text}"
    fix = lines[places[0] + 1].strip()
    assert fix.startswith("→"), answer.text
    return lines[places[0]] + "\n" + fix


def line_of(finding: str) -> str:
    """The first line to copy that stands there, up to the name at its end."""
    match = re.search(r"(/swarm [^,;:.]*\w)", finding)
    assert match, finding
    return match[1]


def test_problems_are_named_with_lines_that_mend_them(dev: Person, site: Site) -> None:
    cluster, manager = site.cluster, site.cluster.manager
    manager.docker("pull", "--quiet", site.image("web:v1"))
    manager.docker("tag", site.image("web:v1"), site.image("web:ghost"))
    here = f"node.hostname=={manager.name}"
    site.runs(
        "web",
        "web:v1",
        "--replicas",
        "2",
        "--update-failure-action",
        "continue",
        "--update-parallelism",
        "0",
        health_checked=True,
    )
    site.runs("plain", "web:plain", "--constraint", here, health_checked=True)
    site.runs("ghost", "web:ghost", "--no-resolve-image", "--constraint", here, health_checked=True)
    site.runs(
        "stuck",
        "web:v1",
        "--detach",
        *("--constraint", "node.labels.zone==moon", "-p", "8089:8080"),
        health_checked=True,
    )
    site.runs(
        "store",
        "web:v1",
        "--mount",
        "type=volume,source=data,target=/data",
        "--limit-memory",
        "64M",
        health_checked=True,
    )
    drained = next(name for name in ("node2", "node3") if name != manager.name)
    cluster.docker("node", "update", "--availability", "drain", drained)
    eventually(
        lambda: "no suitable node" in cluster.docker("service", "ps", "stuck", "--no-trunc"), 20
    )

    answer = examined(dev)
    assert answer.text.startswith("🟠")
    assert "mounts" not in answer.text
    assert "docker push" in advice(answer, "web:ghost of ghost is in no registry")
    assert manager.name in advice(answer, "web:ghost of ghost is in no registry")
    assert "/swarm service rm stuck" in advice(answer, "stuck never ran, and still holds port 8089")
    assert "constraints exclude" in advice(answer, "stuck never ran")
    assert "web replaces all its tasks at once" in answer.text
    assert "--health-cmd COMMAND plain" in advice(answer, "has no health check")
    assert "--constraint-add node.hostname==node" in advice(answer, "store keeps data in data")
    assert "autolock is off" in answer.text.lower()
    assert f"{drained} is a manager and drained" in answer.text
    assert answer.text.index("Risky") < answer.text.index("Could be better")

    fixes = {
        f"{drained} is a manager and drained": f"✅ {drained} is Active",
        "goes on with an update that fails": "✅ web",
        "replaces all its tasks at once": "✅ web",
    }
    for said, done in fixes.items():
        line = line_of(advice(answer, said))
        dev.sees(done, after=dev.types(line), timeout=40)
    answer = examined(dev)
    for said in fixes:
        assert said not in answer.text
    assert "stuck never ran" in answer.text, "what was not mended is still there"


@pytest.mark.costs(25)
def test_without_a_leader_that_comes_first_with_the_way_back(dev: Person, site: Site) -> None:
    nodes = site.cluster.nodes
    assert "leader" not in examined(dev).text
    nodes["node2"].stop()
    nodes["node3"].stop()

    # The leader that is left goes on answering for some seconds.
    until = time.monotonic() + 60
    while "have no leader" not in (answer := examined(dev, re.compile("Risky|Wrong now"))).text:
        assert time.monotonic() < until, answer.text
        time.sleep(1)  # a person may send thirty lines in ten seconds
    assert answer.text.startswith("🔴 1 thing wrong")
    finding = advice(answer, "the managers have no leader".replace("the", "The", 1))
    assert "node1: answers, no leader; node2: no answer" in finding
    assert "sudo systemctl start docker" in finding
    assert (
        f"docker swarm init --force-new-cluster --advertise-addr {nodes['node1'].address}"
        in finding
    )
