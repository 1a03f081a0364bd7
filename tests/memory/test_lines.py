"""What is mistyped, misnamed or impossible gets one sentence, and changes nothing."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import SECOND, World


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("deploy wbe shop/web:2.0", "Did you mean web?"),
        ("deploy web shop/Web:2", "an image reference"),
        ("deploy web shop/web:2.0 --parallelism -1", "at least 0"),
        ("deploy web shop/web:2.0 --delay 20", "a duration with a unit"),
        ("deploy web", "IMAGE is missing"),
        ("deplyo web x", "deploy"),
        ("deploy web shop/web:2.0 --paralelism 2", "--parallelism"),
        ('deploy web "x', "quote"),
        ("scale web=five", "expected a service and a whole number"),
        ("scale web=99999999999999999999", "at most 100000 tasks"),
        ("deploy web shop/web:99", "shop/web:99"),
        ("deploy web shop/web:arm", "linux/arm64"),
        ("node inspect nod4", "Did you mean node4"),
        ("service create --name web shop/web:2.0", "There is a service web already"),
        ("service create --name api --network web-nte shop/web:2.0", "Did you mean web-net"),
        ("service create --name api -p 8081:80 shop/web:2.0", "Port 8081 is published by web"),
    ],
)
def test_a_line_that_cannot_be(dev: MemoryPerson, world: World, line: str, said: str) -> None:
    port = {"TargetPort": 80, "PublishedPort": 8081, "PublishMode": "ingress", "Protocol": "tcp"}
    world.runs("web", EndpointSpec={"Ports": [port]})
    world.add_network("web-net")
    world.registry.push("shop/web:arm", platforms=("arm64",))
    version = world.swarm.cluster.service("web")["Version"]

    answer = dev.asks(line, said)

    assert answer.ephemeral
    assert answer.text.startswith("❌")
    assert world.swarm.cluster.service("web")["Version"] == version


def test_a_registry_that_does_not_answer(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.registry.away = "Get https://shop/v2/: dial tcp: connection refused"

    assert dev.asks("deploy web shop/web:2.0", "registry").ephemeral
    message = dev.asks("deploy web shop/web:2.0 --resolve-image never", "✅ web is on")
    assert any("not resolved" in version for version in message.life)
    template = world.swarm.cluster.service("web")["Spec"]["TaskTemplate"]
    assert template["ContainerSpec"]["Image"] == "shop/web:2.0"


def test_what_the_engine_refuses_is_told(dev: MemoryPerson, world: World) -> None:
    world.runs("web", UpdateConfig={"Parallelism": 1, "Monitor": SECOND})

    answer = dev.asks("service update --rollback web")

    assert answer.ephemeral
    assert answer.text.startswith("❌")
