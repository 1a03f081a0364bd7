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
