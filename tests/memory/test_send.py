"""`swarmbot send` against bots that listen for real: each ending of a command has its status, and
each line is said once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.model import Actor
from bot.settings import PolicyRule, Role
from tests.memory.twin.build import Build, Done, FrontDoor
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

UPDATE = ("service", "update", "--image", "shop/web:2.0", "web")
BROKEN = ("service", "update", "--image", "shop/web:broken", "web")
JENKINS = {"jenkins": Actor(DEV, "CI jenkins-shop")}
BY_LEAD = {
    "roles": (Role(name="operator", users=(DEV, LEAD)), Role(name="lead", users=(LEAD,))),
    "rules": (PolicyRule(commands=("*",), ask=("operator",), approve=("lead",)),),
}


@pytest.fixture
def build(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Build]:
    door = FrontDoor(*(Pipeline(bot, JENKINS, "jenkins").app for bot in world.bots))
    token = tmp_path / "token"
    token.write_text("jenkins\n")
    yield Build(world, door, token, capsys)
    door.dies()


def ended(done: Done, status: int, word: str) -> list[str]:
    """The lines that the build's log shows, each of them once."""
    assert done.status == status, done.out + done.err
    assert f"{word} (exit status {status})" in done.err
    lines = done.out.splitlines()
    assert len(lines) == len(set(lines)), lines
    return lines


def test_completed(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web", replicas=2)

    said = ended(build.does(*UPDATE), 0, "completed")

    dev.sees("✅ web")
    assert any("1/2" in line for line in said)
    assert said[-1]
    assert world.image_of("web") == "shop/web:2.0"

    assert ended(build.does(*UPDATE), 0, "nothing to change")
    assert ended(build.does("service", "ls"), 0, "completed")


def test_rolled_back(world: World, build: Build, dev: MemoryPerson) -> None:
    turns_back = {"Parallelism": 1, "Monitor": 1_000_000_000, "FailureAction": "rollback"}
    world.runs("web", UpdateConfig=turns_back)
    world.registry.push("shop/web:broken", exits=3, after=0.2, log="FATAL: no /etc/shop.conf")

    said = ended(build.does(*BROKEN), 1, "rolled back")

    dev.sees("↩️ web rolled back")
    assert any("FATAL: no /etc/shop.conf" in line for line in said)


def test_paused(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2)

    assert ended(build.does(*BROKEN), 1, "paused")

    dev.sees("⏸ web")


def test_refused(world: World, build: Build, lead: MemoryPerson) -> None:
    world.runs("web")
    lead.asks("hold web schema migration", "✋")

    said = ended(build.does(*UPDATE), 2, "refused")

    assert any("schema migration" in line for line in said)
    done = build.does("service", "updte", "web")
    assert done.status == 2
    assert "service update" in done.err, "the nearest command"


def test_superseded(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web", replicas=3)
    process = build.starts("service", "update", "--update-delay", "5s", *UPDATE[2:])
    dev.sees("1/3")

    world.by_hand("web", lambda spec: spec["Labels"].update(by="hand"))

    assert ended(build.ends(process), 5, "superseded")
    dev.sees("superseded by a change outside swarmbot")


@pytest.mark.world(**BY_LEAD)
@pytest.mark.parametrize(
    ("button", "status", "word", "after"),
    [("Approve", 0, "completed", "✅ web is on"), ("Reject", 2, "rejected", "rejected")],
)
def test_a_lead_decides(
    world: World, build: Build, lead: MemoryPerson, button: str, status: int, word: str, after: str
) -> None:
    world.runs("web")
    process = build.starts(*UPDATE)
    request = lead.sees("🟡")
    assert world.image_of("web") == "shop/web:1.0"

    clicked = lead.clicks(button, on=request)

    assert ended(build.ends(process), status, word)
    lead.sees(after, after=clicked)


@pytest.mark.world(bots=2)
def test_the_bot_dies_meanwhile_and_another_goes_on_at_its_address(
    world: World, build: Build, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    process = build.starts("service", "update", "--update-delay", "5s", *UPDATE[2:])
    dev.sees("1/3")

    first, second = world.bots
    build.door.dies()
    first.crash()
    build.door.comes_back(Pipeline(second, JENKINS, "jenkins").app)

    assert ended(build.ends(process), 0, "completed")
    dev.sees("✅ web")


@pytest.mark.world(bots=2)
def test_two_bots_behind_one_address(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web", replicas=2)

    assert ended(build.does(*UPDATE), 0, "completed")

    dev.sees("✅ web")
