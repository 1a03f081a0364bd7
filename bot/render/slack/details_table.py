"""One thing in detail: parts with a title, each a list of names and values. What `inspect --pretty`
shows."""

from __future__ import annotations

from collections.abc import Iterable

from bot.render.slack.blocks import Block, Row, aligned, section
from bot.render.slack.text import preformatted

_VALUE = 120


def part(title: str, rows: Iterable[Row]) -> Block:
    """A part of the sheet; without a title its rows stand alone."""
    body = preformatted(aligned((), list(rows), most=_VALUE))
    return section(f"*{title}*\n{body}" if title else body)


def parts(sheet: Iterable[tuple[str, list[Row]]]) -> list[Block]:
    """All parts that have rows."""
    return [part(title, rows) for title, rows in sheet if rows]


def filled(*rows: tuple[str, str]) -> list[Row]:
    """The rows that have a value."""
    return [row for row in rows if row[1]]


def listed(title: str, values: Iterable[str], most: int = 20) -> list[Row]:
    """One row a value, the title beside the first."""
    found = list(values)
    left = len(found) - most
    shown = found[:most] + ([f"and {left} more"] if left > 0 else [])
    return [(title if index == 0 else " ", value) for index, value in enumerate(shown)]
