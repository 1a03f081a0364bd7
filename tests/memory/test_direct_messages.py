"""What people write to the bot itself, where nobody has to be mentioned."""

from __future__ import annotations

from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def test_a_line_in_the_bots_own_direct_messages_is_answered_there(
    dev: MemoryPerson, world: World
) -> None:
    world.runs("web")

    asked = dev.types("services", channel="dm")
    answer = dev.sees("1 service, all at their count", channel="dm", after=asked)

    assert "web" in answer.text


def test_a_line_with_the_bots_name_is_read_as_well(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    asked = dev.types("@swarmbot services", channel="dm")

    dev.sees("1 service, all at their count", channel="dm", after=asked)


def test_who_may_not_change_anything_may_not_do_it_there(guest: MemoryPerson, world: World) -> None:
    world.runs("web")

    asked = guest.types("scale web=3", channel="dm")

    guest.sees("✋", channel="dm", after=asked)
    assert world.replicas_of("web") == 2


def test_a_line_that_is_edited_there_is_not_run_again(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    asked = dev.types("services", channel="dm")
    dev.sees("1 service, all at their count", channel="dm", after=asked)
    edited = dev.edits(dev.wrote("services", channel="dm"), "scale web=3")

    dev.does_not_see("web", within=0.01, channel="dm", after=edited)
    assert world.replicas_of("web") == 2
