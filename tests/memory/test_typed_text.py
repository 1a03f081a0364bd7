"""Lines as people send them from phones and out of documents."""

from __future__ import annotations

import pytest

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


@pytest.mark.parametrize(
    "line",
    [
        "/swarm `scale web=3`",
        "/swarm ```scale web=3```",
        "/swarm scale *web=3*",
        "/swarm $ docker service scale web=3",
        "@swarmbot /swarm scale web=3",
        "@swarmbot: `scale web=3`",
        "hey @lead, ask @swarmbot scale web=3",
    ],
)
def test_marks_around_a_line_change_nothing(dev: MemoryPerson, world: World, line: str) -> None:
    world.runs("web")
    dev.sees("✅ web", after=dev.types(line))
    assert world.replicas_of("web") == 3


def test_what_stands_before_the_mention_is_not_run(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.sees("3 managers", after=dev.types("service rm web? ask @swarmbot"))
    assert world.replicas_of("web") == 2


def test_a_reason_is_told_as_it_was_said(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.asks("hold web don't touch, it’s Friday — see #ops", "don't touch, it’s Friday — see")
    (hold,) = world.bot.store.holds.all(world.bot.now())
    assert hold.reason.startswith("don't touch, it’s Friday — see")


@pytest.mark.world(command="/swarm-prod")
def test_another_name_of_the_command_is_said_everywhere(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    for line, said in (
        ("", "/swarm-prod deploy SERVICE IMAGE"),
        ("help scale", "/swarm-prod scale"),
        ("nope", "/swarm-prod nodes"),
    ):
        dev.sees(said, after=dev.types(f"/swarm-prod {line}"))
    dev.sees("✅ web", after=dev.types("@swarmbot /swarm-prod scale web=3"))
    dev.opens_home()
    dev.sees("/swarm-prod swarm update", after=dev.types("/swarm-prod doctor"))
    assert "/swarm " not in world.everything_said()
    assert "\ue0f5" not in world.everything_said()
