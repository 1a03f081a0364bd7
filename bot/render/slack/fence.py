"""Rows in a monospaced block, as narrow as a phone shows them.

A phone wraps a line of more than about forty characters, and then no column stands below its name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from bot.render.slack.text import clean, shortened, width

Row = Sequence[str]

FENCE_WIDTH = 40
"""The largest number of columns of a line; what does not fit goes on below it, indented."""
PAIRS_WIDTH = 36
"""The same for names and what belongs to them: a small phone that breaks such a line once more
makes it unreadable."""
MOST_WIDTH = 48
"""The same where something is decided: names of fields stay whole where they can."""
CELL_CHARACTERS = 40
EMPTY = "–"
_MOST_INDENT = 2
_GAP = "  "
_NAME_WIDTH = 22
_FIRST_WIDTH = 20
"""A longer name would leave no room for the state beside it."""
_VALUE_CHARACTERS = 200


def aligned(columns: Row, rows: Iterable[Row], most: int = CELL_CHARACTERS) -> str:
    """Rows in aligned columns, under the names of the columns if there are any, as plain text.

    `most` is the largest number of characters of a cell. For files: lines are as wide as they get.
    """
    cells = [[cell(text, most) for text in row] for row in ((columns, *rows) if columns else rows)]
    return _in_columns(cells)


def narrow(columns: Row, rows: Iterable[Row]) -> str:
    """The same within `FENCE_WIDTH`.

    The first columns stand below their names, as many as fit; the others follow below each row,
    each with its name, where they say something.
    """
    cells = [
        [
            _fitting(text, _FIRST_WIDTH if index == 0 else FENCE_WIDTH)
            for index, text in enumerate(row)
        ]
        for row in ((columns, *rows) if columns else rows)
    ]
    widths = [max(width(row[index]) for row in cells) for index in range(len(cells[0]))]
    beside = _fitting_columns(widths)
    heads = _in_columns([row[:beside] for row in cells]).split("\n")
    lines = []
    for index, (head, row) in enumerate(zip(heads, cells, strict=True)):
        is_title = bool(columns) and index == 0
        rest = [] if is_title else _named(columns[beside:], row[beside:])
        lines += [head, *_wrapped(" · ".join(rest), indent="  ")]
    return "\n".join(lines)


def pairs(rows: Iterable[Row]) -> str:
    """Names and what belongs to them, side by side; a long text goes on below its beginning."""
    cells = [(cell(name, _VALUE_CHARACTERS), cell(text, _VALUE_CHARACTERS)) for name, text in rows]
    side = _side_width(name for name, _ in cells)
    lines = []
    for name, text in cells:
        fits = width(name) <= side
        indent = " " * side + _GAP if fits else "    "
        first, *more = _wrapped(text, indent, PAIRS_WIDTH) or [""]
        lines += (
            [name + first[width(name) :], *more] if fits else [*_wrapped(name, ""), first, *more]
        )
    return "\n".join(line.rstrip() for line in lines)


def fits_beside(text: str, names: Iterable[str]) -> bool:
    """Whether no word of it has to be divided for a line beside the longest of these names."""
    room = PAIRS_WIDTH - _side_width(names) - len(_GAP)
    return all(width(word) <= room for word in text.split())


def _side_width(names: Iterable[str]) -> int:
    return max((width(name) for name in names if width(name) <= _NAME_WIDTH), default=0)


def cell(text: str, most: int = CELL_CHARACTERS) -> str:
    """A text of any origin as a cell: one line, not empty, cut in the middle at `most`."""
    if text and len(text) <= most and " " not in text and text.isascii() and text.isprintable():
        # Most cells of a list of thousands.
        return text
    indent = text[: len(text) - len(text.lstrip(" "))][:_MOST_INDENT]
    return indent + shortened(" ".join(clean(text, keep="").split()), most) or EMPTY


def differences(rows: Sequence[tuple[str, str, str]]) -> str:
    """Field, value before and value after, side by side, or below each other where that is wide."""
    cells = [[cell(text, _VALUE_CHARACTERS) for text in (a, b, "→", c)] for a, b, c in rows]
    side_by_side = _in_columns(cells)
    if all(width(line) <= FENCE_WIDTH for line in side_by_side.split("\n")):
        return side_by_side
    return "\n".join(
        line
        for field, *change in cells
        for line in (
            *_wrapped(field, "", MOST_WIDTH),
            *_wrapped(" ".join(change), "  ", MOST_WIDTH),
        )
    )


def _named(columns: Row, cells: Row) -> list[str]:
    """Each cell that says something, with the name of its column if it has one."""
    names = columns or [""] * len(cells)
    return [
        f"{name.lower()} {text}".strip()
        for name, text in zip(names, cells, strict=True)
        if text != EMPTY
    ]


def _fitting(text: str, most: int) -> str:
    """A cell of at most so many columns: wide characters take two."""
    characters = most
    shown = cell(text, min(characters, CELL_CHARACTERS))
    while width(shown) > most:
        characters -= 1
        shown = cell(text, characters)
    return shown


def _fitting_columns(widths: Sequence[int]) -> int:
    """How many columns fit beside each other, at least one."""
    taken = widths[0]
    for index, needed in enumerate(widths[1:], 1):
        taken += len(_GAP) + needed
        if taken > FENCE_WIDTH:
            return index
    return len(widths)


def _in_columns(cells: Sequence[Row]) -> str:
    taken = [[width(text) for text in row] for row in cells]
    columns = [max(column) for column in zip(*taken, strict=True)]
    return "\n".join(
        _padded(row, widths, columns) for row, widths in zip(cells, taken, strict=True)
    )


def _padded(cells: Row, widths: Sequence[int], columns: Sequence[int]) -> str:
    return _GAP.join(
        text + " " * (column - own)
        for text, own, column in zip(cells, widths, columns, strict=True)
    ).rstrip()


def _wrapped(text: str, indent: str, most: int = FENCE_WIDTH) -> list[str]:
    """The text in indented lines; words that are too long for one are divided."""
    room = most - len(indent)
    # `textwrap` counts characters, so a text with wide ones gets half the room.
    is_wide = any(width(character) > 1 for character in text if not character.isascii())
    room = room // 2 if is_wide else room
    return [indent + line for line in textwrap.wrap(text, room, break_on_hyphens=False)]
