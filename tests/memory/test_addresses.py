"""A network that is full: the plan of a scale counts, before anything waits."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_a_scale_says_that_the_network_has_too_few_addresses(
    dev: MemoryPerson, world: World
) -> None:
    subnet = {"Driver": "default", "Config": [{"Subnet": "10.9.0.0/29", "Gateway": "10.9.0.1"}]}
    world.add_network("small", IPAM=subnet)
    world.runs("web", replicas=2, Task={"Networks": [{"Target": "small"}]})

    warned = "the network small has 5 addresses and would need 9"
    assert warned in dev.asks("scale web=6", warned).text
    dev.sees("✅ web · replicas 2 → 6")
