"""Details as names and values in titled parts, as `docker inspect --pretty` shows them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.english import and_more
from bot.render.slack.blocks import Block, Row, aligned, section
from bot.render.slack.text import preformatted

_VALUE_CHARACTERS = 120


def part(title: str, rows: Iterable[Row]) -> Block:
    """A titled part; without a title, its rows alone."""
    body = preformatted(aligned((), list(rows), most=_VALUE_CHARACTERS))
    return section(f"*{title}*\n{body}" if title else body)


def parts(titled_rows: Iterable[tuple[str, list[Row]]]) -> list[Block]:
    """The parts that have rows."""
    return [part(title, rows) for title, rows in titled_rows if rows]


def filled(*rows: tuple[str, str]) -> list[Row]:
    """The rows that have a value."""
    return [row for row in rows if row[1]]


def listed(title: str, values: Iterable[str], most: int = 20) -> list[Row]:
    """A row for each value, with the title beside the first; at most `most`, then a count."""
    all_values = list(values)
    left = len(all_values) - most
    shown = all_values[:most] + ([and_more(left).strip()] if left > 0 else [])
    return [(title if index == 0 else " ", value) for index, value in enumerate(shown)]
