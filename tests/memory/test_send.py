"""`swarmbot send` against bots that listen for real: each ending of a command has its status, and
each line is said once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from bot.settings import PolicyRule, Role
from tests.memory.twin.bot import MemoryBot
from tests.memory.twin.build import Build, Done, FrontDoor
from tests.memory.twin.ci import Pipeline
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import DEV, LEAD, World

UPDATE = ("service", "update", "--image", "shop/web:2.0", "web")
BROKEN = ("service", "update", "--image", "shop/web:broken", "web")
PEOPLE = (Role(name="operator", users=(DEV, LEAD)), Role(name="lead", users=(LEAD,)))
ROLES = (*PEOPLE, Role(name="ci", ci=True))
FREELY = (PolicyRule(commands=("*",), ask=("operator", "ci")),)
BY_LEAD = (PolicyRule(commands=("*",), ask=("operator", "ci"), approve=("lead",)),)
runs_freely = pytest.mark.world(ROLES, FREELY)
lead_approves = pytest.mark.world(ROLES, BY_LEAD)
two_bots = pytest.mark.world(ROLES, FREELY, bots=2)


@pytest.fixture
def build(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Build]:
    ci = Pipeline.named(world.bot, "jenkins-shop")
    door = FrontDoor(*(ci.at(bot).app for bot in world.bots))
    token = tmp_path / "token"
    token.write_text(f"{ci.token}\n")
    yield Build(world, door, token, capsys)
    door.dies()


def app_of(bot: MemoryBot) -> ASGIApp:
    return Pipeline(bot, "").app


def ended(done: Done, status: int, word: str) -> list[str]:
    """The lines that the build's log shows, each of them once."""
    assert done.status == status, done.out + done.err
    assert f"{word} (exit status {status})" in done.err
    lines = done.out.splitlines()
    assert len(lines) == len(set(lines)), lines
    return lines


@runs_freely
def test_completed(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web", replicas=2)

    said = ended(build.does(*UPDATE), 0, "completed")

    dev.sees("✅ web")
    assert any("1/2" in line for line in said)
    assert said[-1]
    assert world.image_of("web") == "shop/web:2.0"

    assert ended(build.does(*UPDATE), 0, "nothing to change")
    assert ended(build.does("service", "ls"), 0, "completed")


@runs_freely
def test_a_slow_rollout_has_a_line_for_each_step_and_none_for_each_second(
    world: World, build: Build, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)

    said = ended(
        build.does("service", "update", "--update-delay", "30s", *UPDATE[2:]), 0, "completed"
    )

    dev.sees("✅ web")
    for step in ("1/3", "2/3"):
        assert len([line for line in said if step in line]) == 1, said


@runs_freely
def test_rolled_back(world: World, build: Build, dev: MemoryPerson) -> None:
    turns_back = {"Parallelism": 1, "Monitor": 1_000_000_000, "FailureAction": "rollback"}
    world.runs("web", UpdateConfig=turns_back)
    world.registry.push("shop/web:broken", exits=3, after=0.2, log="FATAL: no /etc/shop.conf")

    said = ended(build.does(*BROKEN), 1, "rolled back")

    dev.sees("↩️ web rolled back")
    assert any("FATAL: no /etc/shop.conf" in line for line in said)


@runs_freely
def test_paused(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web")
    world.registry.push("shop/web:broken", exits=3, after=0.2)

    assert ended(build.does(*BROKEN), 1, "paused")

    dev.sees("⏸ web")


@runs_freely
def test_refused(world: World, build: Build, lead: MemoryPerson) -> None:
    world.runs("web")
    lead.asks("hold web schema migration", "✋")

    said = ended(build.does(*UPDATE), 2, "refused")

    assert any("schema migration" in line for line in said)
    done = build.does("service", "updte", "web")
    assert done.status == 2
    assert "service update" in done.err, "the nearest command"


@runs_freely
def test_superseded(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web", replicas=3)
    process = build.starts("service", "update", "--update-delay", "5s", *UPDATE[2:])
    dev.sees("1/3")

    world.by_hand("web", lambda spec: spec["Labels"].update(by="hand"))

    assert ended(build.ends(process), 5, "superseded")
    dev.sees("superseded by a change outside swarmbot")


@lead_approves
def test_a_lead_approves(world: World, build: Build, lead: MemoryPerson) -> None:
    world.runs("web")
    process = build.starts("--build", "418", "--link", "https://ci.example.com/418", *UPDATE)
    request = lead.sees("🟡")
    assert "build 418" in request.text
    assert world.image_of("web") == "shop/web:1.0"

    lead.clicks("Approve", on=request)

    said = ended(build.ends(process), 0, "completed")
    assert "needs approval" in said[0]
    lead.sees("✅ web is on")


@lead_approves
def test_a_lead_rejects(world: World, build: Build, lead: MemoryPerson) -> None:
    world.runs("web")
    process = build.starts(*UPDATE)
    request = lead.sees("🟡")

    lead.clicks("Reject", on=request)
    lead.sees_modal("Reject")
    lead.submits({"reason": "not before the weekend"})

    said = ended(build.ends(process), 2, "rejected")
    assert "rejected by lead" in lead.sees("❌ web").text
    world.clock.run(lambda: False, 3)
    world.hears_everything()
    assert any("not before the weekend" in line for line in said)


@two_bots
def test_the_bot_dies_meanwhile_and_another_goes_on_at_its_address(
    world: World, build: Build, dev: MemoryPerson
) -> None:
    world.runs("web", replicas=3)
    process = build.starts("service", "update", "--update-delay", "5s", *UPDATE[2:])
    dev.sees("1/3")

    first, second = world.bots
    build.door.dies()
    first.crash()
    build.door.comes_back(app_of(second))

    assert ended(build.ends(process), 0, "completed")
    dev.sees("✅ web")


@two_bots
def test_two_bots_behind_one_address(world: World, build: Build, dev: MemoryPerson) -> None:
    world.runs("web", replicas=2)

    assert ended(build.does(*UPDATE), 0, "completed")

    dev.sees("✅ web")
