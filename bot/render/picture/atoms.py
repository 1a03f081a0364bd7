"""Parts of every picture: palette, heading, legend. Each colour comes with a sign of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model.picture import Align, Box, Label, Line, Mark, Shape, Sheet, Sign
from bot.render.slack.text import clean

GROUND, CARD, EDGE, FAINT = "#f6f8fa", "#ffffff", "#d0d7de", "#e7ecf0"
INK, SOFT = "#1d2530", "#59636e"
GREEN, BLUE, RED, AMBER, GREY = "#1a7f37", "#0550ae", "#c11f2b", "#8a5a00", "#59636e"
PALE_RED, PALE_AMBER, PALE_BLUE = "#fff0ee", "#fff8e6", "#ddeeff"

MARGIN = 16.0
TITLE, TEXT, SMALL = 17.0, 13.0, 12.0
_LINE_CHARACTERS = 200
_ALT_CHARACTERS = 1000
_WIDTHS = {
    char: width
    for width, chars in {
        0.29: "'ijlIJ",
        0.36: " ,./:;\\|f-·",
        0.41: "()[]t!r",
        0.53: '"*_`sz?',
        0.58: "cLFkvxy",
        0.64: "PTYaoeESbdghnpqu$0123456789{}",
        0.70: "KAVBRXZC",
        0.79: "UHNDG&OQ",
        0.86: "w#+<=>^~M",
    }.items()
    for char in chars
}
"""Width of the usual characters in DejaVu Sans, for a font size of 1."""


def line_of(text: str) -> str:
    """Text of unknown origin as one line, without control characters, of bounded length."""
    return " ".join(clean(text[: 4 * _LINE_CHARACTERS], keep="").split())[:_LINE_CHARACTERS]


def room(text: str, size: float, bold: bool = False) -> float:
    """The approximate width of a text, rather too large than too small."""
    return sum(_WIDTHS.get(char, 1.0) for char in text) * size * (1.12 if bold else 1.0)


def heading(title: str, small: str, width: float) -> list[Shape]:
    """The picture's title and, below it, a summary; the rest begins at `BELOW`."""
    most = width - 2 * MARGIN
    return [
        Label(MARGIN, 26, line_of(title), TITLE, INK, bold=True, most=most),
        Label(MARGIN, 48, line_of(small), TEXT, SOFT, most=most),
    ]


BELOW = 68.0


def legend(
    items: Sequence[tuple[Mark, str, str]], top: float, width: float
) -> tuple[list[Shape], float]:
    """Signs with their words (mark, colour, word), wrapped; and the height where they end."""
    shapes: list[Shape] = []
    x, y = MARGIN, top + 8
    for mark, colour, word in items:
        item_width = 18 + room(word, SMALL) + 10
        if x > MARGIN and x + item_width > width - MARGIN:
            x, y = MARGIN, y + 20
        shapes += [
            Sign(x + 6, y, 5, mark, colour),
            Label(x + 18, y, word, SMALL, SOFT, most=width - MARGIN - x - 18),
        ]
        x += item_width
    return shapes, y + 10


def sheet(shapes: Iterable[Shape], width: float, height: float) -> Sheet:
    """The shapes on a card with an edge, which is visible on light and dark backgrounds."""
    frame = Box(0.5, 0.5, width - 1, height - 1, edge=EDGE)
    return Sheet(width, height, GROUND, (frame, *shapes))


def rule(y: float, width: float) -> Line:
    """A faint line across the card."""
    return Line(MARGIN, y, width - MARGIN, y, EDGE)


def small(x: float, y: float, text: str, most: float, align: Align = Align.LEFT) -> Label:
    """Small print."""
    return Label(x, y, line_of(text), SMALL, SOFT, align=align, most=most)


def alt(head: str, parts: Sequence[str]) -> str:
    """A picture in words: as many parts as a description may have, and a count of the rest."""
    description = line_of(head)
    for index, part in enumerate(parts):
        addition = f" {line_of(part)}."
        if len(description) + len(addition) > _ALT_CHARACTERS - 20:
            return f"{description} And {len(parts) - index} more."
        description += addition
    return description
