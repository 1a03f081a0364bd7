"""Engines that are upgraded and downgraded while the bot runs."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


@pytest.mark.parametrize(
    ("before", "after"),
    [("20.10.24", "29.2.0"), ("29.2.0", "28.5.2"), ("28.5.2", "20.10.24")],
)
def test_an_engine_that_changes_its_version_under_the_bot_loses_no_command(
    dev: MemoryPerson, world: World, before: str, after: str
) -> None:
    for version in (before, after):
        for name in world.bot.engines.names:
            world.swarm.cluster.upgrade(name, version)
        if version == before:
            world.runs("web")
            dev.asks("scale web=3", "✅ web · replicas 2 → 3")

    dev.asks("scale web=1", "✅ web · replicas 3 → 1")
    assert "1 service" in dev.asks("status", "Swarm").text


def test_while_engines_differ_status_and_doctor_say_so(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    assert "Engines differ" not in dev.asks("status", "Swarm").text

    world.swarm.cluster.upgrade("node1", "28.5.2")

    status = dev.asks("status", "Swarm").text
    assert "Engines differ: 28.5.2 on node1 · 20.10.24 on node2, node3 and node4" in status, status
    doctor = dev.asks("doctor", "engines of different versions").text
    assert "--availability drain node2" in doctor, "the oldest are upgraded"
    assert "through an older manager" in doctor


def test_a_patch_that_differs_is_a_note_of_the_doctor_alone(
    dev: MemoryPerson, world: World
) -> None:
    for name in ("node1", "node2", "node3"):
        world.swarm.cluster.upgrade(name, "28.5.2")
    world.swarm.cluster.upgrade("node4", "28.5.1")

    assert "Engines differ" not in dev.asks("status", "Swarm").text
    doctor = dev.asks("doctor", "engines of different versions").text
    assert "28.5.1 on node4" in doctor
    assert "through an older manager" not in doctor
