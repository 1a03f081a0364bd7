"""Cutting mrkdwn to a length without breaking what Slack reads in it: entities, links, dates, code
fences."""

from __future__ import annotations

import re

FENCE = "```"
_TAIL = re.compile(r"&[#\w]{0,9}$|`{1,3}$")
_DATE = re.compile(r"<!date\^[^|<>]*\|([^<>]*)>")
_LINK = re.compile(r"<(?!!)([^|<>]+)\|([^<>]*)>")
_MENTION = re.compile(r"<([@#!][^|<>]+)(?:\|[^<>]*)?>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


def length(text: str) -> int:
    """Characters as Slack may count them: those beyond the basic plane, emoji among them, count
    twice."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, most: int) -> str:
    """At most `most` characters; what is left out shows as an ellipsis."""
    if length(text) <= most:
        return text
    kept = text[: _place(text, most - 1 - len(FENCE) - 1)].rstrip()
    return kept + ("…\n" + FENCE if kept.count(FENCE) % 2 else "…")


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, parted at line ends where possible; code blocks go on in
    the next piece."""
    pieces: list[str] = []
    opened = False
    room = most - 2 * (len(FENCE) + 1)
    while text:
        here = len(text) if length(text) <= room else _place(text, room)
        piece, text = text[:here], text[here:].lstrip("\n")
        start = f"{FENCE}\n" if opened else ""
        opened ^= piece.count(FENCE) % 2 == 1
        pieces.append(start + piece.rstrip("\n") + (f"\n{FENCE}" if opened and text else ""))
    return [piece for piece in pieces if piece.strip("`\n ")]


def unmarked(text: str) -> str:
    """Mrkdwn as plain text, for files and for terminals."""
    text = _DATE.sub(r"\1", text)
    text = _MENTION.sub(r"\1", _LINK.sub(r"\2 (\1)", text))
    text = _BOLD.sub(r"\1", text.replace(FENCE + "\n", "").replace("\n" + FENCE, "")).replace(
        "`", ""
    )
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _place(text: str, room: int) -> int:
    """Where to cut so that at most `room` characters come before: a line's end, else a blank, else
    anywhere safe."""
    here = room
    while length(text[:here]) > room:
        here -= max(1, (length(text[:here]) - room) // 2)
    for mark in ("\n", " "):
        found = text.rfind(mark, here // 2, here)
        if found > 0 and _outside(text, found) == found:
            return found
    return _outside(text, here)


def _outside(text: str, here: int) -> int:
    """The last place up to `here` that lies in no `<…>`, no entity and no fence."""
    opened = text.rfind("<", 0, here)
    if opened > 0 and text.find(">", opened, here) < 0:
        here = opened
    tail = _TAIL.search(text, max(0, here - 10), here)
    return tail.start() if tail and tail.start() > 0 else here
