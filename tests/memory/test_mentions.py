"""Lines in messages: where the answer to a mention can be seen, and what an edit of it does."""

from __future__ import annotations

from playground.workspace.model import BOT_USER
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World

EDITED = "an edited message is not taken as a command"


def test_a_private_answer_stands_where_slack_shows_it(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    asked = dev.types("@swarmbot services")

    answer = dev.sees("web", after=asked)
    assert answer.ephemeral
    assert not answer.in_thread


def test_in_a_thread_the_answer_stays_there(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    dev.types("is anybody here?")
    question = dev.wrote("is anybody here?")

    asked = dev.types("@swarmbot services", in_thread=question)

    assert dev.sees("web", after=asked) in question.thread


def test_an_edited_mention_is_not_run_again(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    asked = dev.types("@swarmbot scale web=4")
    dev.sees("✅ web · replicas 2 → 4", after=asked)
    mine = dev.wrote("scale web=4")

    edited = dev.edits(mine, "@swarmbot scale web=5")

    assert dev.sees(EDITED, after=edited).ephemeral
    again = dev.edits(mine, "@swarmbot scale web=6")
    dev.does_not_see("", after=again)
    assert world.replicas_of("web") == 4


def test_who_edits_a_line_as_fast_as_they_can_is_told_once(dev: MemoryPerson, world: World) -> None:
    dev.types("@swarmbot")
    dev.sees("managers")
    mine = dev.wrote("@swarmbot")
    for number in range(20):
        dev.edits(mine, f"@swarmbot help {number}")

    dev.sees(EDITED)
    told = [message for message in dev.messages("ops") if message.posted.user == BOT_USER]
    assert len(told) == 2
