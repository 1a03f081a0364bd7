"""The engines of all nodes are upgraded, one after the other, under a bot that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import engines
from playground.cluster import Cluster
from playground.node import Node
from playground.workspace import Workspace
from playground.workspace.person import Person
from tests.scenario.running import bot_for, eventually
from tests.scenario.swarm import Site

ANSWERS_WITHIN, CHANGES_WITHIN, JOINS_WITHIN = 30, 90, 60
"""Seconds, on a busy machine."""


@pytest.fixture
def old_swarm(machine: Cluster, engine: str) -> Iterator[Cluster]:
    """A Swarm of the installed engine, with nothing on it; afterwards one of the run's again."""
    machine.down()
    machine.up()
    yield machine
    machine.down()
    machine.up(engine=engine)


def upgrade(cluster: Cluster, node: Node) -> None:
    """As an operator does it: the engine is stopped, replaced, and started again."""
    node.choose_engine(engines.NEWEST)
    node.start()
    ready = f"{node.name} Ready"
    listed = ("node", "ls", "--format", "{{.Hostname}} {{.Status}}")
    eventually(lambda: ready in cluster.docker(*listed), JOINS_WITHIN)


def status(dev: Person) -> str:
    """The answer to `/swarm status`."""
    return dev.sees("3 managers", ANSWERS_WITHIN, after=dev.types("/swarm status")).text


@pytest.mark.costs(100)
@pytest.mark.timeout(400)
def test_every_engine_is_upgraded_and_no_command_is_lost(
    old_swarm: Cluster, tmp_path: Path
) -> None:
    site = Site(old_swarm)
    with Workspace() as workspace:
        bot = bot_for(old_swarm, workspace, tmp_path).start()
        try:
            dev = workspace.person("dev")
            site.runs("web", "web:v1", "--replicas", "2")
            assert "Engines differ" not in status(dev)

            for count, name in enumerate(("node3", "node2", "node1", "node4"), 3):
                upgrade(old_swarm, old_swarm.nodes[name])
                moment = dev.types(f"/swarm scale web={count}")
                dev.sees(f"{count - 1} → {count}", CHANGES_WITHIN, after=moment)
                dev.sees("✅ web", CHANGES_WITHIN, after=moment)
                assert site.replicas("web") == count
                said = status(dev)
                assert ("Engines differ" in said) == (name != "node4"), said

            moment = dev.types(f"/swarm deploy web {site.image('web:v2')}")
            dev.sees("✅ web is on", CHANGES_WITHIN, after=moment)
            assert site.is_on("web", "web:v2")
        finally:
            bot.stop()
