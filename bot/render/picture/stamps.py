"""Small shapes without straight edges, as masks: drawn several times larger, and then made small,
so that their edges are smooth."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

from bot.model.picture import Mark

_FINER = 4
"""Times that a mask is drawn larger."""
_REACH = 1.3
"""How far a sign goes from its middle, in radii; lines have round ends."""
_INK, _NONE = 255, 0

Pen = ImageDraw.ImageDraw
Points = list[tuple[float, float]]


@lru_cache(maxsize=256)
def corner_stamps(radius: int, wide: int) -> tuple[Image.Image, ...]:
    """Quarters of a ring of this radius and width, clockwise from the left upper one; of a disc
    where it is as wide as the radius. Pixels."""
    size = 2 * radius * _FINER
    ring = Image.new("L", (size, size))
    pen = ImageDraw.Draw(ring)
    pen.ellipse((0, 0, size - 1, size - 1), _INK)
    if wide < radius:
        inner = wide * _FINER
        pen.ellipse((inner, inner, size - 1 - inner, size - 1 - inner), _NONE)
    small = ring.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
    end = 2 * radius
    quarters = (
        (0, 0, radius, radius),
        (radius, 0, end, radius),
        (radius, radius, end, end),
        (0, radius, radius, end),
    )
    return tuple(small.crop(quarter) for quarter in quarters)


@lru_cache(maxsize=256)
def sign_stamp(mark: Mark, radius: float) -> Image.Image:
    """A sign of this radius in pixels, in the middle of a square."""
    side = 2 * max(1, round(radius * _REACH))
    mask = Image.new("L", (side * _FINER, side * _FINER))
    _SIGNS[mark](ImageDraw.Draw(mask), side * _FINER / 2, radius * _FINER)
    return mask.resize((side, side), Image.Resampling.BOX)


def _around(middle: float, wide: float, high: float = 0.0) -> tuple[float, float, float, float]:
    high = high or wide
    return middle - wide, middle - high, middle + wide, middle + high


def _stroke(pen: Pen, points: Points, wide: float) -> None:
    pen.line(points, _INK, max(1, round(wide)), joint="curve")
    half = wide / 2
    for x, y in (points[0], points[-1]):
        pen.ellipse((x - half, y - half, x + half, y + half), _INK)


def _disc(pen: Pen, m: float, r: float) -> None:
    pen.ellipse(_around(m, r), _INK)


def _ring(pen: Pen, m: float, r: float) -> None:
    pen.ellipse(_around(m, r), _INK)
    pen.ellipse(_around(m, r * 0.58), _NONE)


def _square(pen: Pen, m: float, r: float) -> None:
    pen.rectangle(_around(m, r * 0.85), _INK)


def _diamond(pen: Pen, m: float, r: float) -> None:
    pen.polygon([(m, m - r), (m + r, m), (m, m + r), (m - r, m)], _INK)


def _cross(pen: Pen, m: float, r: float) -> None:
    d = r * 0.75
    _stroke(pen, [(m - d, m - d), (m + d, m + d)], r / 2.2)
    _stroke(pen, [(m - d, m + d), (m + d, m - d)], r / 2.2)


def _tick(pen: Pen, m: float, r: float) -> None:
    points = [(m - r * 0.8, m), (m - r * 0.2, m + r * 0.65), (m + r * 0.85, m - r * 0.65)]
    _stroke(pen, points, r / 2.2)


def _back(pen: Pen, m: float, r: float) -> None:
    pen.polygon(
        [(m - r * 1.05, m - r * 0.35), (m - r * 0.2, m - r * 1.05), (m - r * 0.2, m + r * 0.35)],
        _INK,
    )
    x, y = m - r * 0.2, m + r * 0.2
    bow = (x - r, y - r * 0.55, x + r, y + r * 0.55)
    pen.arc(bow, -90, 90, _INK, max(1, round(r / 2.6)))


_SIGNS: dict[Mark, Callable[[Pen, float, float], None]] = {
    Mark.DISC: _disc,
    Mark.RING: _ring,
    Mark.SQUARE: _square,
    Mark.DIAMOND: _diamond,
    Mark.CROSS: _cross,
    Mark.TICK: _tick,
    Mark.BACK: _back,
}
