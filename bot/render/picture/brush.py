"""Paints single shapes with Pillow, which smooths letters and nothing else: round corners and signs
are stamps, made larger and then small again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot

from PIL import ImageDraw

from bot.model.picture import Align, Box, Label, Line, Mark, Sign
from bot.render.picture.lettering import fitting, font
from bot.render.picture.stamps import corner_stamps, sign_stamp

_LINE_DASH, _EDGE_DASH = (3.0, 3.0), (3.0, 2.0)
"""Units of ink, and of none."""
_HALF_EDGE = 0.5
"""Units that an edge goes to each side of the border."""
_HOLE = "#ffffff"
_ANCHORS = {Align.LEFT: "ls", Align.CENTER: "ms", Align.RIGHT: "rs"}
_HALF_A_LETTER = 0.37
"""From the base line to the middle of a line of text, for a font size of 1."""


@dataclass(frozen=True, slots=True)
class Area:
    """Pixels, from the left upper corner to the right lower one, which is not part of it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def shorter(self) -> int:
        """The shorter side."""
        return min(self.right - self.left, self.bottom - self.top)

    def corners(self, size: int) -> tuple[tuple[int, int], ...]:
        """Where squares of this size fill its corners, clockwise from the left upper one."""
        right, bottom = self.right - size, self.bottom - size
        return (self.left, self.top), (right, self.top), (right, bottom), (self.left, bottom)


@dataclass(frozen=True, slots=True)
class Brush:
    """Paints on one picture; `scale` is pixels for one unit."""

    canvas: ImageDraw.ImageDraw
    scale: int

    def box(self, box: Box) -> None:
        """Its ground, then its edge."""
        if box.fill:
            self._fill(self._area(box, 0.0), round(box.radius * self.scale), box.fill)
        if box.edge:
            self._edge(box)

    def line(self, line: Line, dash: tuple[float, float] = _LINE_DASH) -> None:
        """From one end to the other."""
        for piece in _dashes(line, *dash) if line.dashed else (line,):
            self._stroke(piece)

    def sign(self, sign: Sign) -> None:
        """A mark in its colour; a ring hides what is below its hole too."""
        if sign.mark is Mark.RING:
            self._stamp(sign, Mark.DISC, _HOLE)
        self._stamp(sign, sign.mark, sign.colour)

    def label(self, label: Label) -> None:
        """A line of text, cut where it is too wide."""
        size = label.size * self.scale
        text = fitting(label.text, size, label.bold, label.most * self.scale)
        place = label.x * self.scale, label.y * self.scale + _HALF_A_LETTER * size
        anchor = _ANCHORS[label.align]
        self.canvas.text(place, text, label.colour, font(size, label.bold), anchor)

    def _stamp(self, sign: Sign, mark: Mark, colour: str) -> None:
        stamp = sign_stamp(mark, sign.radius * self.scale)
        half = stamp.width / 2
        place = round(sign.x * self.scale - half), round(sign.y * self.scale - half)
        self.canvas.bitmap(place, stamp, colour)

    def _area(self, box: Box, wider: float) -> Area:
        edges = (box.x - wider, box.y - wider)
        ends = (box.x + box.width + wider, box.y + box.height + wider)
        return Area(*(round(value * self.scale) for value in (*edges, *ends)))

    def _fill(self, area: Area, radius: int, colour: str) -> None:
        radius = min(radius, area.shorter // 2)
        self._rectangle(area.left, area.top + radius, area.right, area.bottom - radius, colour)
        if radius > 0:
            left, right = area.left + radius, area.right - radius
            self._rectangle(left, area.top, right, area.top + radius, colour)
            self._rectangle(left, area.bottom - radius, right, area.bottom, colour)
            self._stamp_corners(area, radius, radius, colour)

    def _edge(self, box: Box) -> None:
        area = self._area(box, _HALF_EDGE)
        rounding = round((box.radius + _HALF_EDGE) * self.scale) if box.radius else 0
        radius = min(rounding, area.shorter // 2)
        for side in _sides(box):
            self.line(side, _EDGE_DASH)
        if radius > 0:
            self._stamp_corners(area, radius, round(2 * _HALF_EDGE * self.scale), box.edge)

    def _stamp_corners(self, area: Area, radius: int, wide: int, colour: str) -> None:
        places = area.corners(radius)
        for place, stamp in zip(places, corner_stamps(radius, wide), strict=True):
            self.canvas.bitmap(place, stamp, colour)

    def _rectangle(self, left: int, top: int, right: int, bottom: int, colour: str) -> None:
        if left < right and top < bottom:
            self.canvas.rectangle((left, top, right - 1, bottom - 1), colour)

    def _stroke(self, line: Line) -> None:
        wide = max(1, round(line.thick * self.scale))
        ends = [round(value * self.scale) for value in (line.x, line.y, line.to_x, line.to_y)]
        left, right = sorted((ends[0], ends[2]))
        top, bottom = sorted((ends[1], ends[3]))
        before = wide // 2
        if top == bottom:
            self._rectangle(left, top - before, right, top - before + wide, line.colour)
        elif left == right:
            self._rectangle(left - before, top, left - before + wide, bottom, line.colour)
        else:
            self.canvas.line(ends, line.colour, wide)


def _sides(box: Box) -> Iterator[Line]:
    """Its border without round corners; where there are none, with whole ones."""
    inwards = min(box.radius, box.width / 2, box.height / 2) or -_HALF_EDGE
    left, right, top, bottom = box.x, box.x + box.width, box.y, box.y + box.height
    for y in (top, bottom):
        yield Line(left + inwards, y, right - inwards, y, box.edge, dashed=box.dashed)
    for x in (left, right):
        yield Line(x, top + inwards, x, bottom - inwards, box.edge, dashed=box.dashed)


def _dashes(line: Line, ink: float, gap: float) -> Iterator[Line]:
    length = hypot(line.to_x - line.x, line.to_y - line.y)
    if not length:
        return
    step_x, step_y = (line.to_x - line.x) / length, (line.to_y - line.y) / length
    start = 0.0
    while start < length:
        end = min(start + ink, length)
        yield Line(
            line.x + step_x * start,
            line.y + step_y * start,
            line.x + step_x * end,
            line.y + step_y * end,
            line.colour,
            line.thick,
        )
        start += ink + gap
