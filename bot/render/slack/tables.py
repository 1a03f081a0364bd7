"""Lists: typed columns and rows become the table that Slack shows, and a file where they are many.

This is the one place that decides how a list is laid out. Where Slack takes no table, in a Home tab
or in a workspace without them, the same rows stand in a monospaced block
(`bot.render.slack.table_block`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model import File
from bot.render.slack.blocks import Block, context, section
from bot.render.slack.fence import CELL_CHARACTERS, Row, aligned, cell, narrow
from bot.render.slack.table_block import MOST_TABLE_ROWS, fitted_table
from bot.render.slack.text import escape, preformatted

MOST_ROWS = 20
"""A longer table can be sorted, has pages, and goes along as a file."""
SENTENCE_CHARACTERS = 200
_FILE_CHARACTERS = 200
_UNCUT = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list.

    `number`: it is aligned at its right. `sentence`: its cells are long, and take several lines.
    """

    name: str
    number: bool = False
    sentence: bool = False


def table(
    columns: Sequence[Column], rows: Sequence[Row], file: str, *, whole: bool = False
) -> tuple[list[Block], list[File]]:
    """A list with the rows that matter on top, and the columns that decide first.

    Where there are more than `MOST_ROWS`, or more text than Slack takes, all rows go along as
    `file`. `whole`: cells are not cut.
    """
    if not rows:
        return [], []
    names = [column.name for column in columns]
    caption = file.rpartition(".")[0]
    kind = "table" if len(rows) <= MOST_ROWS else "data_table"
    block = {
        "type": kind,
        "rows": [
            _cells(names, [CELL_CHARACTERS] * len(names)),
            *(_row(columns, row, whole) for row in rows[:MOST_TABLE_ROWS]),
        ],
        "column_settings": [_settings(column) for column in columns],
        "caption": caption,
    }
    fitted = fitted_table(block)
    if fitted and len(rows) <= MOST_ROWS and len(fitted[0]["rows"]) > len(rows):
        return list(fitted), []
    text = aligned(names, rows, most=_FILE_CHARACTERS) + "\n"
    all_rows = File(file, text, f"{file}, all {len(rows)} rows")
    return [*fitted, *context(f"all {len(rows)} in {escape(file)}")], [all_rows]


def fenced(columns: Sequence[Column], rows: Sequence[Row]) -> list[Block]:
    """The same in a monospaced block, for a Home tab, which takes no tables; none without rows."""
    names = [column.name for column in columns]
    return [section(preformatted(narrow(names, rows)))] if rows else []


def _row(columns: Sequence[Column], row: Row, whole: bool) -> list[dict[str, str]]:
    most = [
        _UNCUT if whole else SENTENCE_CHARACTERS if column.sentence else CELL_CHARACTERS
        for column in columns
    ]
    return _cells(row, most)


def _cells(texts: Row, most: Sequence[int]) -> list[dict[str, str]]:
    return [
        {"type": "raw_text", "text": cell(text, limit)}
        for text, limit in zip(texts, most, strict=True)
    ]


def _settings(column: Column) -> dict[str, object]:
    return {"align": "right" if column.number else "left", "is_wrapped": column.sentence}
