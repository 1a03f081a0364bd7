"""What `swarmbot check` says of the registries that services run images from."""

from __future__ import annotations

from pathlib import Path

from bot.check import image_files, registries
from bot.settings import ImagesSettings, RegistrySettings, Settings
from tests.memory.twin.world import World
from tests.signing import KeyPair


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


def test_keys_and_secrets_of_images_are_read(tmp_path: Path) -> None:
    key, secret = tmp_path / "cosign.pub", tmp_path / "hook"
    key.write_bytes(KeyPair().public_pem)
    secret.write_text("of-the-registry\n")
    settings = Settings(
        registries=(RegistrySettings(host="*", require_signature=key),),
        images=ImagesSettings(hook_secret_file=secret),
    )
    assert dict(image_files(settings)) == {"signatures of *": "", "secret of registry hooks": ""}

    key.write_text("no key")
    secret.write_text("\n")
    assert dict(image_files(settings)) == {
        "signatures of *": f"{key} is no public key of cosign (ECDSA P-256)",
        "secret of registry hooks": f"{secret} is empty",
    }
