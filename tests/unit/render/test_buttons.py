"""Every button of every message: its line is one that the bot takes, and names services and nodes
by id and alerts by subject, for a node may have any name, `self` or another's id too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.command import line
from bot.command.parameters import parameters
from handlers.commands import TABLE
from tests.unit.render.catalogue import catalogue

AS_TYPED = {
    "Retry": "the line that somebody typed, once more",
    "Ask again": "the line that somebody typed, once more",
    "Queue": "the line that somebody typed, for later",
    "End silence": "a silence is on a pattern as somebody typed it, or on a subject",
    "Release": "a hold is on a pattern, as somebody typed it, and has no id",
}
"""Buttons that name something otherwise, and why."""
IDS = re.compile(r"[a-z]\d+|[a-z]-\w+|[a-z0-9]{25}")
"""How the values of the catalogue write ids."""
SUBJECTS = re.compile(
    rf"(node|service):({IDS.pattern})|(bot|certificate|engine|registry|swarm):.+|quorum|engines|rotation"
)
"""How alerts write what they are about."""
WRITTEN = {"SERVICE": IDS, "NODE": IDS, "ALERT": SUBJECTS}


def buttons(block: Any) -> Iterator[tuple[str, str]]:
    if isinstance(block, dict):
        if block.get("type") == "button" and str(block.get("action_id", "")).startswith("line:"):
            yield block["text"]["text"], block["value"]
        for option in block.get("options", ()):
            yield option["text"]["text"], option["value"]
        for part in block.values():
            yield from buttons(part)
    if isinstance(block, (list, tuple)):
        for part in block:
            yield from buttons(part)


@pytest.fixture(scope="module")
def lines() -> list[tuple[str, str]]:
    """The text and the line of every button that names something by id."""
    every = {
        (text, typed)
        for made in catalogue().values()
        for text, typed in buttons([dict(block) for block in made().blocks])
    }
    return sorted(pair for pair in every if not pair[0].startswith(tuple(AS_TYPED)))


def test_a_button_is_a_line_that_names_by_id(lines: list[tuple[str, str]]) -> None:
    assert len(lines) > 30
    wrong = [f"{text}: {typed}" for text, typed in lines if not names_by_id(typed)]
    assert not wrong, "\n".join(wrong)


def names_by_id(typed: str) -> bool:
    """Whether the line is one that the bot takes, or opens a form, and names by id alone."""
    bare = line.bare(typed, TABLE)
    if bare and not bare[1] and bare[0].form:
        return True
    command = line.parse(typed, TABLE)
    return all(
        WRITTEN[param.metavar].fullmatch(str(name))
        for param in parameters(type(command))
        if param.metavar in WRITTEN
        for name in names(getattr(command, param.field))
    )


def names(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
