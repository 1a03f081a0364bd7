"""Details as names and values in titled parts, as `docker inspect --pretty` shows them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.english import and_more
from bot.render.slack.blocks import Block, section
from bot.render.slack.fence import Row, fits_beside, pairs
from bot.render.slack.text import code, escape, preformatted, shortened

_VALUE_CHARACTERS = 120


def part(title: str, rows: Iterable[Row]) -> Block:
    """A titled part; without a title, its rows alone.

    A value with a word that is too long for a line, such as a digest, stands below the others: it
    can be copied there as it is.
    """
    all_rows = list(rows)
    names = [name for name, _ in all_rows]
    short = [row for row in all_rows if fits_beside(row[1], names)]
    long = [
        f"{escape(name)} {code(shortened(value, _VALUE_CHARACTERS))}".strip()
        for name, value in all_rows
        if not fits_beside(value, names)
    ]
    lines = [f"*{title}*" if title else "", preformatted(pairs(short)) if short else "", *long]
    return section("\n".join(line for line in lines if line))


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
