"""Messages as plain text, for whoever reads them in the log of a build: no mrkdwn, no buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Message
from bot.model.sent_command import SentEnding
from bot.render.slack.text import unescaped

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_MARKS = re.compile(r"(?<![\w*_~])([*_~])(?=\S)((?:(?!\1)[^\n])+)(?<=\S)\1(?![\w*_~])")
_ANGLE = re.compile(r"<([^<>\n]+)>")
_KEPT = re.compile(r"\x00(\d+)\x00")
_UNSEEN = str.maketrans(dict.fromkeys("\u2060\u00ad\u2068\u2069"))
_ORIGINALS = str.maketrans({"∗": "*", "∼": "~", "ˋ": "`", "ˍ": "_"})
"""What stands in messages for characters that Slack would take for its own."""
LOST = (
    "Redis has lost this command, and nobody knows what became of it. Look at what is there before "
    "you send it again."
)
_LABELS = {"!here": "@here", "!channel": "@channel", "!everyone": "@everyone"}


def plain(message: Message) -> str:
    """All that a message says, its files of text included, without its buttons."""
    blocks = message.fenced or message.blocks
    shown = [_block(block) for block in blocks] if blocks else [text(message.text)]
    files = [file.content for file in message.files if isinstance(file.content, str)]
    return "\n".join(part for part in (*shown, *files) if part)


def headline(message: Message) -> str:
    """The first line of a message, which says all in short."""
    return text(message.text)


def left(ending: SentEnding) -> str:
    """What became of a command whose bot was stopped before it could say so."""
    if ending is SentEnding.UNKNOWN:
        return (
            "swarmbot was stopped while it was at this command, and does not know what became of "
            "it. Look at what is there before you send it again."
        )
    return f"It ended as {ending}; swarmbot was stopped before it could say so."


def text(mrkdwn: str) -> str:
    """Formatted text without its marks."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[1])
        return f"\x00{len(kept) - 1}\x00"

    bare = _CODE.sub(keep, _FENCE.sub(keep, mrkdwn.replace("\x00", "")))
    bare = _ANGLE.sub(lambda match: f"\x01{_angle(match[1])}\x01", bare)
    bare = _MARKS.sub(r"\2", _MARKS.sub(r"\2", bare)).replace("\x01", "")
    bare = _KEPT.sub(lambda match: kept[int(match[1])], bare)
    return unescaped(bare.translate(_UNSEEN).translate(_ORIGINALS))


def _angle(inside: str) -> str:
    """A link by its label, a date by its fallback, people and channels by their ids."""
    target, _, label = inside.partition("|")
    return label or _LABELS.get(target, target)


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "section":
            parts = [block["text"]] if block.get("text") else []
            return "\n".join(map(_text_object, [*parts, *block.get("fields", ())]))
        case "header":
            return _text_object(block["text"])
        case "context":
            return _line(block["elements"])
        case _:
            return ""


def _line(elements: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(_text_object(element) for element in elements if "text" in element)


def _text_object(given: Mapping[str, Any]) -> str:
    if given["type"] == "mrkdwn":
        return text(str(given["text"]))
    return str(given["text"])
