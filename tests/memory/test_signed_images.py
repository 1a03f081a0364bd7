"""Only signed images are deployed, where the configuration says so."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.model.new_image import AUTO_LABEL
from bot.settings import RegistrySettings
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World
from tests.signing import KeyPair

FOLDER = TemporaryDirectory()
OURS, THEIRS = KeyPair(), KeyPair()
KEY = Path(FOLDER.name) / "cosign.pub"
KEY.write_bytes(OURS.public_pem)

pytestmark = pytest.mark.world(
    registries=(RegistrySettings(host="docker.io", require_signature=KEY),)
)


def sign(world: World, image: str, by: KeyPair = OURS) -> None:
    name = image.rpartition(":")[0]
    world.registry_api.take(name, by.sign(name, world.registry.find(image).digest))


def test_a_signed_image_is_deployed(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    sign(world, "shop/web:2.0")

    dev.asks("deploy web shop/web:2.0", "✅ web is on shop/web:2.0")


def test_an_unsigned_image_is_not(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    assert "it has no signature" in dev.asks("deploy web shop/web:2.0", "✋").text
    assert world.image_of("web") == "shop/web:1.0"


def test_neither_is_one_that_somebody_else_signed(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    sign(world, "shop/web:2.0", THEIRS)

    assert "no signature of it fits the key" in dev.asks("deploy web shop/web:2.0", "✋").text


@pytest.mark.parametrize(
    "line",
    [
        "deploy web shop/web:2.0 --resolve-image never",
        "service update web --image shop/web:2.0 --no-resolve-image",
        "service create --name new --no-resolve-image shop/web:2.0",
        "service update web --image shop/web:2.0",
        "service create --name new shop/web:2.0",
    ],
)
def test_no_other_way_leads_around_it(dev: MemoryPerson, world: World, line: str) -> None:
    world.runs("web")

    assert "have to be signed" in dev.asks(line, "✋").text
    assert world.image_of("web") == "shop/web:1.0"


def test_the_way_back_is_open(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    sign(world, "shop/web:2.0")
    dev.asks("deploy web shop/web:2.0", "✅ web is on shop/web:2.0")

    dev.asks("rollback web", "✅ web")
    assert world.image_of("web") == "shop/web:1.0"


def test_a_new_image_is_offered_once_it_is_signed(dev: MemoryPerson, world: World) -> None:
    world.runs("api", "shop/api:1.4.2", Labels={AUTO_LABEL: "patch"})
    world.clock.leap(40)
    world.registry.push("shop/api:1.4.3")
    world.bot.store.new_images.hint(["shop/api"])
    world.clock.leap(60)
    dev.does_not_see("api", 1)

    sign(world, "shop/api:1.4.3")
    world.bot.store.new_images.hint(["shop/api"])

    asked = dev.sees("🟡 api 1.4.2 → 1.4.3", 30)
    clicked = dev.clicks("Deploy", on=asked)
    dev.sees("✅ api is on", after=clicked)
    dev.sees("· deployed", after=clicked)
