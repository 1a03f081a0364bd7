"""How lists are laid out: tables where Slack takes them, else lines that a phone shows whole."""

from __future__ import annotations

from playground.workspace.surfaces import Message
from tests.memory.twin.slack_twin import MemoryPerson
from tests.memory.twin.world import World


def kinds(answer: Message) -> list[str]:
    return [block["type"] for block in answer.blocks]


def test_a_list_is_a_table(dev: MemoryPerson, world: World) -> None:
    world.runs("web")

    answer = dev.asks("services")

    assert "table" in kinds(answer)
    assert "SERVICE  REPLICAS  IMAGE" in answer.text


def test_a_long_list_has_pages_and_a_file(dev: MemoryPerson, world: World) -> None:
    for number in range(22):
        world.runs(f"web{number}")

    dev.asks("services")
    answer = dev.sees("22 services")

    assert "data_table" in kinds(answer)
    assert "web21" in answer.text
    assert "all 22 in services.txt" in answer.text


def test_where_slack_takes_no_table_the_list_is_lines(dev: MemoryPerson, world: World) -> None:
    world.runs("web")
    world.slack.state.has_tables = False

    answer = dev.asks("services")

    assert "table" not in kinds(answer)
    assert "SERVICE  REPLICAS  IMAGE" in answer.text
    assert "web      2/2" in answer.text
