"""A rotated unlock key while a manager is away: that manager asks for the old one."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_both_keys_are_shown_to_who_rotated_and_to_nobody_else(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    cluster = world.swarm.cluster
    cluster.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"] = True
    old = cluster.unlock_key
    world.swarm.stop_node("node3")

    asked = dev.types("/swarm swarm unlock-key --rotate")

    keys = dev.sees("Unlock key of the Swarm is new", after=asked)
    assert cluster.unlock_key != old
    assert keys.ephemeral
    assert "node1 and node2 take within seconds" in keys.text
    assert "Old key, for node3" in keys.text
    assert keys.text.index(cluster.unlock_key) < keys.text.rindex(old)
    told = lead.sees("✅ unlock key rotated", after=asked)
    assert "node3 cannot be reached" in "\n".join(told.life)
    assert old not in "\n".join(told.life)


def test_who_switches_autolock_off_gets_the_key_that_a_manager_will_ask_for(
    dev: MemoryPerson, lead: MemoryPerson, world: World
) -> None:
    cluster = world.swarm.cluster
    cluster.swarm["Spec"]["EncryptionConfig"]["AutoLockManagers"] = True
    world.swarm.stop_node("node2")

    asked = dev.types("/swarm swarm update --autolock=false")

    last = dev.sees("Last unlock key", after=asked)
    assert last.ephemeral
    assert cluster.unlock_key in last.text
    assert "node2 has not heard that autolock is off" in last.text
    assert cluster.unlock_key not in lead.sees("✅ Swarm updated", after=asked).text
