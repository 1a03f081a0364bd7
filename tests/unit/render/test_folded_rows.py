"""Rows of many buttons: the first ones stay, and the others go into a menu."""

from __future__ import annotations

from typing import Any

from bot.model import Message
from bot.render.slack.blocks import actions, button
from bot.render.slack.limits import OPTION_VALUE, fit
from bot.render.slack.plain_text import plain
from playground.workspace.blocks import judge_message

LETTERS = "ABCDEFGHI"


def row(*buttons: Any) -> list[str]:
    """The labels of the row as Slack gets it, those of a menu together."""
    message = fit(Message("m", tuple(actions(*buttons))))
    judge_message([dict(block) for block in message.blocks], tables=True)
    return [
        "+".join(option["text"]["text"] for option in element["options"])
        if element["type"] == "overflow"
        else element["text"]["text"]
        for block in message.blocks
        for element in block["elements"]
    ]


def several(count: int) -> list[Any]:
    return [button(letter, f"service logs {letter}") for letter in LETTERS[:count]]


def test_three_buttons_stay_buttons() -> None:
    assert row(*several(3)) == ["A", "B", "C"]


def test_of_more_the_first_two_stay_and_the_others_are_in_a_menu() -> None:
    assert row(*several(4)) == ["A", "B", "C+D"]
    assert row(*several(7)) == ["A", "B", "C+D+E+F+G"]


def test_a_menu_has_no_more_than_slack_takes() -> None:
    assert row(*several(8)) == ["A", "B", "H", "C+D+E+F+G"]


def test_what_asks_before_stays_a_button() -> None:
    asking = button("Drain", "node update --availability drain n1", confirm="It gets no tasks.")
    assert row(*several(2), asking, *several(4)[2:]) == ["A", "B", "Drain", "C+D"]


def test_a_menu_of_one_is_a_button() -> None:
    asking = button("Drain", "node update --availability drain n1", confirm="It gets no tasks.")
    assert row(*several(2), asking, button("C", "status")) == ["A", "B", "Drain", "C"]


def test_a_line_that_is_too_long_for_a_menu_stays_a_button() -> None:
    long = button("Long", "deploy web " + "x" * OPTION_VALUE)
    assert row(*several(2), long, *several(4)[2:]) == ["A", "B", "Long", "C+D"]


def test_a_menu_reads_as_such_in_plain_text() -> None:
    assert plain(Message("m", tuple(actions(*several(4))))) == "[A] [B] [… C · D]\n"
