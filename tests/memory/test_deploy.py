"""A deploy from the typed line to its end, and every end that it can have."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_a_good_image_rolls_slot_by_slot(dev: MemoryPerson, world: World) -> None:
    world.runs("web", replicas=2)

    dev.types("/swarm deploy web shop/web:2.0")
    dev.sees("🔵 web →")
    message = dev.sees("✅ web is on")

    assert "2/2" in message.text
    assert "asked by dev" in message.text
    assert world.image_of("web") == "shop/web:2.0"
    seen = {part for version in message.life for part in version.split()}
    assert {"0/2", "1/2", "2/2"} <= seen
