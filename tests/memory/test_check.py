"""What `swarmbot check` says of the registries that services run images from."""

from __future__ import annotations

from bot.check import registries
from tests.memory.twin.world import World


def test_each_registry_in_use_is_asked(world: World) -> None:
    world.runs("web", "registry.shop.io/web:1.0")
    world.runs("cache", "redis:7")
    world.runs("api", "registry.shop.io/api:1.0")
    assert dict(registries(world.bot.swarm)) == {
        "registry docker.io": "",
        "registry registry.shop.io": "",
    }

    world.registry.away = "connection refused"
    assert dict(registries(world.bot.swarm)) == {
        "registry docker.io": "the managers cannot reach it: connection refused",
        "registry registry.shop.io": "the managers cannot reach it: connection refused",
    }


def test_an_image_that_is_gone_is_named(world: World) -> None:
    world.runs("cache", "redis:7")
    del world.registry.builds["redis:7"]
    ((subject, problem),) = registries(world.bot.swarm)
    assert subject == "registry docker.io"
    assert "has no redis:7 any more" in problem
