"""Cuts mrkdwn to a length without breaking entities, links, dates or code fences."""

from __future__ import annotations

import re

FENCE = "```"
_TAIL = re.compile(r"&[#\w]{0,9}$|`{1,3}$")
_DATE = re.compile(r"<!date\^[^|<>]*\|([^<>]*)>")
_LINK = re.compile(r"<(?!!)([^|<>]+)\|([^<>]*)>")
_MENTION = re.compile(r"<([@#!][^|<>]+)(?:\|[^<>]*)?>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


def length(text: str) -> int:
    """The number of characters as Slack may count them.

    Characters beyond the basic multilingual plane, such as emoji, count twice.
    """
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """At most `most` characters; an ellipsis stands for what is left out."""
    if length(text) <= most:
        return text
    start = text[: _cut_index(text, most - 1 - len(FENCE) - 1)].rstrip()
    return start + ("…\n" + FENCE if start.count(FENCE) % 2 else "…")


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, divided at line ends where possible.

    A code block that is divided goes on as a code block in the next piece.
    """
    pieces: list[str] = []
    in_code = False
    room = most - 2 * (len(FENCE) + 1)
    while text:
        end = len(text) if length(text) <= room else _cut_index(text, room)
        piece, text = text[:end], text[end:].lstrip("\n")
        start = f"{FENCE}\n" if in_code else ""
        in_code ^= piece.count(FENCE) % 2 == 1
        pieces.append(start + piece.rstrip("\n") + (f"\n{FENCE}" if in_code and text else ""))
    return [piece for piece in pieces if piece.strip("`\n ")]


def unmarked(text: str) -> str:
    """Mrkdwn as plain text, for files and for terminals."""
    text = _DATE.sub(r"\1", text)
    text = _MENTION.sub(r"\1", _LINK.sub(r"\2 (\1)", text))
    text = _BOLD.sub(r"\1", text.replace(FENCE + "\n", "").replace("\n" + FENCE, "")).replace(
        "`", ""
    )
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _cut_index(text: str, room: int) -> int:
    """The index at which to cut so that at most `room` characters come before.

    Prefers the end of a line, then a blank, then any place that breaks no markup.
    """
    end = room
    while length(text[:end]) > room:
        end -= max(1, (length(text[:end]) - room) // 2)
    for mark in ("\n", " "):
        index = text.rfind(mark, end // 2, end)
        if index > 0 and _outside_markup(text, index) == index:
            return index
    return _outside_markup(text, end)


def _outside_markup(text: str, end: int) -> int:
    """The last index up to `end` that is in no `<…>`, no entity and no fence."""
    opened = text.rfind("<", 0, end)
    if opened > 0 and text.find(">", opened, end) < 0:
        end = opened
    tail = _TAIL.search(text, max(0, end - 10), end)
    return tail.start() if tail and tail.start() > 0 else end
