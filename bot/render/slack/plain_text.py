"""The texts in blocks, and a message as plain text: for files, for terminals, and for what Slack
refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Message
from bot.render.slack.cut import unmarked
from bot.render.slack.table_block import TABLES, table_text


def plain(message: Message) -> str:
    """A message as plain text, with buttons in brackets: for files and terminals."""
    lines = [line for block in message.blocks for line in _lines(block)]
    return "\n".join(lines or [unmarked(message.text)]) + "\n"


def text_in(text: Any) -> str:
    """The text of a text object, without characters that Slack refuses; empty for blank text."""
    value = text.get("text") if isinstance(text, Mapping) else None
    return cleaned if isinstance(value, str) and (cleaned := without_control(value)) else ""


def without_control(value: str) -> str:
    """The text without what JSON or Slack cannot carry; empty for blank text."""
    if value.isprintable():
        return value if value.strip() else ""
    # `escape` has dealt with directions.
    visible = "".join(
        char for char in value if char in "\n\t" or (char >= " " and not "\x7f" <= char <= "\x9f")
    )
    visible = visible.encode("utf-8", "ignore").decode()
    return visible.strip("\n") if visible.strip() else ""


def items(value: Any) -> Sequence[Any]:
    """A list of blocks or elements; empty for what is none."""
    return value if isinstance(value, list | tuple) else ()


def _lines(block: Any) -> list[str]:
    if not isinstance(block, Mapping):
        return []
    if block.get("type") in TABLES:
        return table_text(block).splitlines()
    texts = [block.get("text"), *items(block.get("fields"))]
    lines = [unmarked(text_in(text)) for text in texts if text_in(text)]
    row = " ".join(_shown(element) for element in items(block.get("elements"))).strip()
    return lines + ([row] if row else [])


def _shown(element: Any) -> str:
    if not isinstance(element, Mapping):
        return ""
    if element.get("type") == "overflow":
        options = items(element.get("options"))
        return f"[… {' · '.join(text_in(option.get('text')) for option in options)}]"
    return (
        f"[{text_in(element.get('text'))}]"
        if element.get("type") == "button"
        else unmarked(text_in(element))
    )
