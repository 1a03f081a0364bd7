"""Every message as people see it, compared with tests/golden; `UPDATE_GOLDEN=1` writes what it is
now."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from bot import errors
from bot.model import Message, Phase, Progress
from bot.model.picture import Sheet
from bot.render.errors import explain
from bot.render.errors.explain import EXPLANATIONS
from bot.render.rollout import rollout_message
from bot.render.slack.fence import MOST_WIDTH
from bot.render.slack.plain_text import plain
from bot.render.slack.table_block import TABLES
from bot.render.slack.text import unescaped, width
from tests.unit.render import catalogue_nodes, catalogue_swarm
from tests.unit.render import values as v
from tests.unit.render.catalogue import ERRORS, catalogue
from tests.unit.render.catalogue_approvals import REFUSALS

GOLDEN = Path(__file__).parents[2] / "golden"
MESSAGES = catalogue()
MARKS = ("🔵", "✅", "↩️", "⏸", "❌", "🟡", "🔴", "🟠", "🟢", "🔒", "✋", "❄️", "📎")
AS_WRITTEN = ("logs", "printed", "token", "key", "hostile", "details-hostile", "help-command")
"""Lines of programs, and lines to copy, are shown as they are: Slack wraps them."""
WITHOUT_MARK = ("details", "history", "inspected", "help", "logs", "printed", "filtered")


def rendition(message: Message) -> str:
    """What is read, what is notified, what goes along, and what is sent."""
    files = "".join(
        f"--- file {file.name}{f': {file.alt}' if file.alt else ''}\n{head(file.content)}"
        for file in message.files
    )
    sent = json.dumps(list(map(brief, message.blocks)), ensure_ascii=False, indent=1)
    fenced = f"--- without tables\n{plain(replace(message, blocks=message.fenced))}"
    return (
        f"{plain(message)}--- text\n{message.text}\n{files}"
        f"{fenced if message.fenced else ''}--- blocks\n{sent}\n"
    )


def brief(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """A table with its first row alone: all of them are read above."""
    if block["type"] not in TABLES:
        return block
    names, *rows = ([cell["text"] for cell in row] for row in block["rows"])
    return {**block, "rows": [" | ".join(names), f"{len(rows)} rows"]}


def head(content: str | bytes | Sheet) -> str:
    if isinstance(content, Sheet):
        return f"a picture of {content.width:g} × {content.height:g}\n"
    assert isinstance(content, str)
    lines = content.splitlines(keepends=True)
    return "".join(lines[:4]) + (f"… {len(lines)} lines\n" if len(lines) > 4 else "")


@pytest.mark.parametrize("name", MESSAGES)
def test_message(name: str) -> None:
    rendered = rendition(MESSAGES[name]())
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(rendered)
    assert path.read_text() == rendered


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_slacks_own_models_take_it(name: str) -> None:
    for block in MESSAGES[name]().blocks:
        if block["type"] == "data_table":
            continue  # they do not know it yet; the workspace's own limits do
        parsed = Block.parse(dict(block))
        assert parsed is not None
        parsed.to_dict()


@pytest.mark.parametrize("name", MESSAGES)
def test_no_text_is_folded(name: str) -> None:
    folded = [
        block
        for block in MESSAGES[name]().blocks
        if block["type"] == "section" and "text" in block and not block.get("expand")
    ]
    assert folded == []


@pytest.mark.parametrize("name", [name for name in MESSAGES if not name.startswith(AS_WRITTEN)])
def test_a_phone_shows_each_line_of_a_list_whole(name: str) -> None:
    message = MESSAGES[name]()
    wide = [line for line in fence_lines(message) if width(line) > MOST_WIDTH]
    assert wide == []


def fence_lines(message: Message) -> Iterator[str]:
    for block in (*message.blocks, *message.fenced):
        for fence in re.findall(
            r"```\n(.*?)\n```", (block.get("text") or {}).get("text", ""), re.DOTALL
        ):
            yield from unescaped(fence).splitlines()


@pytest.mark.parametrize("name", MESSAGES)
def test_it_begins_with_its_state_in_the_words_of_the_notification(name: str) -> None:
    message = MESSAGES[name]()
    first = plain(message).splitlines()[0]
    assert first.startswith(
        message.text.replace("&amp;", "&")
        .replace("`", "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")[:20]
    )
    assert message.text.startswith(MARKS) or name.startswith(WITHOUT_MARK)
    assert "!" not in re.sub("<!date[^>]*>|&lt;!channel", "", message.text)


@pytest.mark.parametrize("name", [name for name in MESSAGES if not name.startswith("home")])
def test_at_most_three_buttons(name: str) -> None:
    buttons = [
        e
        for block in MESSAGES[name]().blocks
        if block["type"] == "actions"
        for e in block["elements"]
    ]
    assert len(buttons) <= 3


@pytest.mark.parametrize("name", MESSAGES)
def test_nothing_foreign_notifies_or_formats(name: str) -> None:
    message = MESSAGES[name]()
    sent = json.dumps([message.text, *message.blocks, *message.fenced], ensure_ascii=False)
    assert not re.search(r"<(?!!date\^|@U0TOLD>|!subteam\^S0TOLD>|#C0OPS00001>|\u2060)", sent)
    assert ":fire:" not in re.sub(r"```.*?```|`[^`]*`", "", sent)
    # A table's cells are plain text.
    marked = [block for block in message.blocks if block["type"] not in TABLES]
    sent = json.dumps([message.text, *marked, *message.fenced], ensure_ascii=False)
    prose = re.sub(r"```.*?```|`[^`]*`", "", sent)
    assert "*bold*" not in prose
    assert not re.search(r"(?<!\w)_italic_(?!\w)", prose)
    assert "~gone~" not in prose


@pytest.mark.parametrize("name", MESSAGES)
def test_small_print_mentions_nobody_for_it_notifies_nobody(name: str) -> None:
    small = [block for block in MESSAGES[name]().blocks if block["type"] == "context"]
    assert not re.search(r"<@|<!subteam|<!here|<!channel", json.dumps(small))


def all_errors(
    base: type[errors.SwarmbotError] = errors.SwarmbotError,
) -> set[type[errors.SwarmbotError]]:
    subclasses = set(base.__subclasses__())
    return subclasses.union(*(all_errors(kind) for kind in subclasses))


def test_every_error_has_words_of_its_own_and_an_example_here() -> None:
    kinds = {kind for kind in all_errors() if kind.__module__ == errors.__name__}
    assert kinds <= set(EXPLANATIONS)
    assert kinds <= {
        type(error)
        for error in (
            *ERRORS,
            *REFUSALS.values(),
            *catalogue_nodes.REFUSALS.values(),
            *catalogue_swarm.REFUSALS.values(),
        )
    }


def test_a_class_that_derives_shares_the_words() -> None:
    class Odd(errors.ChangeInterruptedError):
        """As derived by a command family."""

    assert explain.words(Odd("web")) == explain.words(errors.ChangeInterruptedError("web"))


def test_values_of_variables_are_never_shown() -> None:
    assert "hunter2" not in rendition(MESSAGES["inspected"]())
    assert "DB_PASSWORD" in rendition(MESSAGES["inspected"]())


def test_the_bar_is_empty_while_it_is_not_known_how_many_tasks_there_will_be() -> None:
    shown = plain(rollout_message.rolling(v.DEPLOY, Progress(Phase.ROLLING, 0, 0), v.NOW))
    assert "▱" in shown
    assert "▰" not in shown
