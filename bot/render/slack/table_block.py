"""Slack's blocks of type `table` and `data_table`: within its limits, and as text where it takes
none.

https://docs.slack.dev/reference/block-kit/blocks/table-block
https://docs.slack.dev/reference/block-kit/blocks/data-table-block
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.render.slack.cut import length, split
from bot.render.slack.fence import EMPTY, aligned, narrow
from bot.render.slack.text import clean, inert, preformatted

Block = Mapping[str, Any]

TABLES = ("table", "data_table")
MOST_TABLE_ROWS = 100
"""Rows, with the one that names the columns."""
MOST_TABLE_COLUMNS = 20
MOST_TABLE_CHARACTERS = 6000
"""Slack takes 10,000 in all cells of a table; some room is left for the rest of the message."""
SECTION = 3000
FENCED_ROWS = 20
PAGE_ROWS = 20
_CAPTION_CHARACTERS = 200
_MOST_DIGITS = 15


def fitted_table(block: Block) -> list[dict[str, Any]]:
    """The table within Slack's limits; none where it has no row below the names of its columns."""
    rows = [row[:MOST_TABLE_COLUMNS] for row in _texts(block)]
    columns = len(rows[0]) if rows else 0
    even = [(*row, *[EMPTY] * columns)[:columns] for row in rows][:MOST_TABLE_ROWS]
    lengths = list(map(_characters, even))
    characters = sum(lengths)
    while characters > MOST_TABLE_CHARACTERS:
        characters -= lengths.pop()
        even.pop()
    if columns == 0 or len(even) < 2:
        return []
    cells = [[_text_cell(text) for text in row] for row in even]
    if block["type"] == "data_table":
        cells = _with_numbers(cells, even)
        caption = clean(str(block.get("caption") or ""), keep="").strip() or "table"
        page = {"caption": caption[:_CAPTION_CHARACTERS], "page_size": PAGE_ROWS}
        return [{"type": "data_table", "rows": cells, **page}]
    settings = _settings(block)[:columns]
    return [{"type": "table", "rows": cells, **({"column_settings": settings} if settings else {})}]


def with_one_table(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks with the first table alone, as Slack takes one in a message."""
    first = next((block for block in blocks if block["type"] in TABLES), None)
    return [shown for block in blocks for shown in ([block] if block is first else _without(block))]


def without_table(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks for where Slack takes no table; empty where there is none."""
    if not any(block["type"] in TABLES for block in blocks):
        return []
    return [shown for block in blocks for shown in _without(block)]


def _without(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The first rows of a table in a monospaced block; any other block as it is."""
    if block["type"] not in TABLES:
        return [block]
    columns, *rows = _texts(block)
    body = preformatted(narrow(columns, rows[:FENCED_ROWS]))
    return [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": piece, "verbatim": True},
            "expand": True,
        }
        for piece in split(body, SECTION)
    ]


def table_text(block: Block) -> str:
    """A table as plain text, for files and for terminals."""
    rows = _texts(block)
    return aligned((), rows, most=200) if rows else ""


def _text_cell(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": inert(text)}


def _with_numbers(
    cells: list[list[dict[str, Any]]], texts: Sequence[Sequence[str]]
) -> list[list[dict[str, Any]]]:
    """The cells of columns that hold numbers alone as numbers: who sorts them gets 9 before 10."""
    columns = list(zip(*texts[1:], strict=True))
    numeric = [all(text == EMPTY or _is_number(text) for text in column) for column in columns]
    return [
        cells[0],
        *(
            [
                {"type": "raw_number", "value": int(text), "text": text}
                if is_number and text != EMPTY
                else cell
                for cell, text, is_number in zip(row, row_texts, numeric, strict=True)
            ]
            for row, row_texts in zip(cells[1:], texts[1:], strict=True)
        ),
    ]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


def _settings(block: Block) -> list[dict[str, Any]]:
    return [
        {
            **({"align": "right"} if column.get("align") == "right" else {}),
            "is_wrapped": column.get("is_wrapped") is True,
        }
        for column in _list(block.get("column_settings"))
        if isinstance(column, Mapping)
    ]


def _texts(block: Block) -> list[tuple[str, ...]]:
    return [tuple(map(_cell_text, row)) for row in map(_list, _list(block.get("rows"))) if row]


def _cell_text(cell: Any) -> str:
    text = cell.get("text") if isinstance(cell, dict) else None
    shown = clean(text, keep="") if isinstance(text, str) else ""
    return EMPTY if not shown or shown.isspace() else shown


def _characters(row: Sequence[str]) -> int:
    return sum(map(length, row))


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()
