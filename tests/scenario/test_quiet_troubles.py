"""Troubles of which Swarm says little, on a real one: a network that is full, a log that is kept
nowhere, and the old entry of a machine that joined anew."""

from __future__ import annotations

import re

from playground.workspace.person import Person
from tests.scenario.running import eventually
from tests.scenario.swarm import Site


def test_a_full_network_is_named_with_its_arithmetic(dev: Person, site: Site) -> None:
    docker = site.cluster.docker
    docker("network", "create", "--driver", "overlay", "--subnet", "10.123.0.0/29", "small")
    site.runs("crowd", "web:v1", "--detach", "--replicas", "6", "--network", "small")

    def one_has_waited() -> bool:
        states = docker("service", "ps", "crowd", "--format", "{{.CurrentState}}")
        return any(int(seconds) > 5 for seconds in re.findall(r"New (\d+) seconds", states))

    eventually(one_has_waited, 30)
    tasks = dev.sees("crowd", after=dev.types("/swarm ps crowd"), timeout=20).text
    assert "Swarm has no address in its networks for it yet" in tasks
    said = dev.sees("The network small", after=dev.types("/swarm doctor"), timeout=20).text
    assert "The network small has 5 addresses and needs" in said
    assert "6 tasks, 1 virtual address, one for each of 4 nodes" in said


def test_a_log_that_nobody_keeps_is_named_with_its_driver(dev: Person, site: Site) -> None:
    site.runs("mute", "web:v1", "--log-driver", "none")

    logs = dev.sees("mute", after=dev.types("/swarm logs mute"), timeout=20).text

    assert "mute keeps no log: its log driver is none" in logs
    assert "--log-driver json-file mute" in logs


def test_the_old_entry_of_a_machine_that_joined_anew_is_called_that(
    dev: Person, site: Site
) -> None:
    cluster = site.cluster
    docker, engine = cluster.docker, cluster.nodes["node4"].docker
    token = docker("swarm", "join-token", "--quiet", "worker").strip()
    old = docker("node", "inspect", "--format", "{{.ID}}", "node4").strip()
    engine("swarm", "leave")
    engine("swarm", "join", "--token", token, f"{cluster.manager.address}:2377")
    eventually(lambda: "Down" in docker("node", "ls", "--filter", f"id={old}"), 20)

    listed = dev.sees("node4", after=dev.types("/swarm nodes"), timeout=20).text
    assert f"node4 joined anew, and {old[:12]} is left over: /swarm node rm {old[:12]}" in listed
    said = dev.sees("listed twice", after=dev.types("/swarm doctor"), timeout=20).text
    assert f"node4 is listed twice: {old[:12]} is Down" in said

    asked = dev.types(f"/swarm node rm {old[:12]}")
    dev.sees("✅ node4", after=asked, timeout=30)
    assert old not in docker("node", "ls", "--quiet")
