"""Registries say that something was pushed: who may, and what comes of it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from bot.settings import ImagesSettings
from handlers.http.hooks import PATH, RegistryHooks
from handlers.http.server import Web
from tests.memory.test_new_images import follow
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

FOLDER = TemporaryDirectory()
SECRET = Path(FOLDER.name) / "hook"
SECRET.write_text("correct-horse\n")
BODY = {"events": [{"action": "push", "target": {"repository": "shop/api", "tag": "9.9.9"}}]}
RAW = json.dumps(BODY).encode()
SIGNED = "sha256=" + hmac.new(b"correct-horse", RAW, hashlib.sha256).hexdigest()
BASIC = "Basic " + b64encode(b"harbor:correct-horse").decode()
pytestmark = pytest.mark.world(images=ImagesSettings(hook_secret_file=SECRET))


def call(world: World, query: str = "", content: bytes = RAW, **headers: str) -> httpx.Response:
    """One notification, to its answer."""
    bot = world.bot
    app = Web({}, bytes, ci=bot.ci).app()

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post(PATH + query, content=content, headers=given)

    return asyncio.run(post())


def hints(world: World) -> frozenset[str]:
    return world.bot.store.new_images.take_hints()


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"Authorization": "correct-horse"}),
        ("", {"Authorization": "Bearer correct-horse"}),
        ("", {"Authorization": BASIC}),
        ("", {"X-Hub-Signature-256": SIGNED}),
        ("?token=correct-horse", {}),
    ],
)
def test_who_knows_the_secret_causes_a_look(
    world: World, query: str, headers: dict[str, str]
) -> None:
    media = "application/vnd.docker.distribution.events.v1+json"
    answer = call(world, query, RAW, **{"Content-Type": media, **headers})

    assert (answer.status_code, answer.content) == (202, b"")
    assert hints(world) == {"shop/api"}


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("", {"Authorization": ""}),
        ("", {"Authorization": "Bearer wrong"}),
        ("", {"Authorization": "Basic %%%"}),
        ("?token=", {}),
        ("?token=correct-horse ", {}),
        ("", {"X-Hub-Signature-256": "sha256=" + "0" * 64}),
        ("?token=correct-horse", {"X-Hub-Signature-256": "sha256=" + "0" * 64}),
        ("", {"X-Hub-Signature-256": SIGNED.replace("sha256=", "")}),
    ],
)
def test_a_forged_one_causes_nothing(world: World, query: str, headers: dict[str, str]) -> None:
    answer = call(world, query, RAW, **headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "shop" not in answer.text
    assert hints(world) == frozenset()


def test_a_signature_of_another_body_is_forged(world: World) -> None:
    other = json.dumps({**BODY, "x": 1}).encode()
    assert call(world, content=other, X_Hub_Signature_256=SIGNED).status_code == 401


@pytest.mark.world(images=ImagesSettings())
def test_without_a_secret_none_are_taken(world: World) -> None:
    assert call(world, Authorization="").status_code == 401
    assert call(world, Authorization="Bearer ").status_code == 401


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"no json", 400), (b"[" * 60_000, 400), (b"{}", 202), (b'{"zen": "x"}', 202)],
)
def test_bodies_that_are_about_nothing(world: World, content: bytes, status: int) -> None:
    answer = call(world, "?token=correct-horse", content)

    assert answer.status_code == status
    assert hints(world) == frozenset()


def test_a_body_that_is_too_large_is_not_read(world: World) -> None:
    assert call(world, "?token=correct-horse", b"x" * 65_537).status_code == 413


def test_nothing_of_it_is_believed_but_where_to_look(dev: MemoryPerson, world: World) -> None:
    follow(world)

    call(world, "?token=correct-horse")

    world.clock.leap(60)
    dev.does_not_see("9.9.9", 1)


def test_a_push_that_a_hook_tells_of_is_asked_about_in_seconds(
    dev: MemoryPerson, world: World
) -> None:
    follow(world)
    world.registry.push("shop/api:1.4.3")

    for _ in range(5):
        assert call(world, "?token=correct-horse").status_code == 202

    dev.sees("🟡 api 1.4.2 → 1.4.3 · patch · pushed just now", 10)


def test_with_redis_away_the_registry_is_to_try_again(world: World) -> None:
    world.redis.away = True

    assert call(world, "?token=correct-horse").status_code == 503

    world.redis.away = False


def test_the_secret_may_be_replaced_while_the_bot_runs(world: World, tmp_path: Path) -> None:
    secret = tmp_path / "hook"
    secret.write_text("first")
    ci = replace(world.bot.ci(), hooks=RegistryHooks(world.bot.store.new_images, secret))
    world.bot.ci = lambda: ci
    assert call(world, "?token=first").status_code == 202

    secret.write_text("second")

    assert call(world, "?token=first").status_code == 401
    assert call(world, "?token=second").status_code == 202
