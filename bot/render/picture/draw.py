"""Draws a sheet as PNG with matplotlib's Agg renderer.

Only the drawing process imports it, because it takes 60 MB.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from typing import Any

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Arc, Circle, FancyBboxPatch, Polygon, Rectangle
from matplotlib.text import Text
from PIL import Image

from bot.model.picture import Box, Label, Line, Mark, Shape, Sheet, Sign

SCALE = 2.0
"""Pixels for one unit of a sheet."""
MOST_BYTES = 150_000
"""Only maps of a hundred busy nodes come near it; the others stay below 100 kB."""
_MANY_SHAPES = 1500
_POINTS = 72
_FAMILY = "DejaVu Sans"
_TRIES = ((SCALE, 256, 100_000), (SCALE, 16, MOST_BYTES), (1.0, 16, MOST_BYTES))
"""Scale, number of colours, and the largest file in bytes that is then accepted.

Only whole scales: with others nothing repeats in the file, and it grows.
"""
_STEPS = (0.5, 0.25, 0.75)


def draw(sheet: Sheet) -> bytes:
    """The sheet as PNG, at twice its units unless the file becomes too large."""
    # Characters that no font has are drawn as boxes; a warning about them helps nobody.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    image, painted_scale = None, 0.0
    for scale, colours, most in _TRIES[len(sheet.shapes) > _MANY_SHAPES :]:
        if image is None or scale != painted_scale:
            image, painted_scale = _painted(sheet, scale), scale
        out = BytesIO()
        image.quantize(palette=_palette(sheet, colours), dither=Image.Dither.NONE).save(
            out, "PNG", optimize=True, bits=8 if colours > 16 else 4
        )
        if out.tell() <= most:
            break
    return out.getvalue()


def _painted(sheet: Sheet, scale: float) -> Image.Image:
    size = (sheet.width / _POINTS, sheet.height / _POINTS)
    figure = Figure(figsize=size, dpi=_POINTS * scale, facecolor=sheet.ground)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, sheet.width), ylim=(sheet.height, 0))
    axes.set_axis_off()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for order, shape in enumerate(sheet.shapes):
            for artist in _artists(shape):
                artist.set_zorder(order)
                axes.add_artist(artist)
        canvas.draw()  # type: ignore[no-untyped-call]
    return Image.frombytes("RGBA", canvas.get_width_height(), _pixels(canvas)).convert("RGB")


def _pixels(canvas: FigureCanvasAgg) -> bytes:
    return bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]


def _palette(sheet: Sheet, most: int) -> Image.Image:
    """The sheet's colours, and mixtures of them for the edges of letters, the common ones first."""
    plain: Counter[str] = Counter({sheet.ground: 1})
    pairs: Counter[tuple[str, str]] = Counter()
    under = sheet.ground
    for shape in sheet.shapes:
        if isinstance(shape, Box):
            under = shape.fill or under
            plain.update(colour for colour in (shape.fill, shape.edge) if colour)
        else:
            plain[shape.colour] += 1
            pairs[shape.colour, under] += len(shape.text) if isinstance(shape, Label) else 1
    colours = [_rgb(colour) for colour, _ in plain.most_common(most)]
    for step in _STEPS:
        colours += [
            _between(_rgb(over), _rgb(below), step) for (over, below), _ in pairs.most_common()
        ]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in list(dict.fromkeys(colours))[:most] for part in colour])
    return palette


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _between(
    over: tuple[int, int, int], under: tuple[int, int, int], part: float
) -> tuple[int, int, int]:
    red, green, blue = (
        round(top * part + bottom * (1 - part)) for top, bottom in zip(over, under, strict=True)
    )
    return red, green, blue


def _artists(shape: Shape) -> Iterable[Artist]:
    match shape:
        case Box():
            return [_box(shape)]
        case Line():
            style: Any = (0, (3, 3)) if shape.dashed else "solid"
            ends = [shape.x, shape.to_x], [shape.y, shape.to_y]
            return [Line2D(*ends, color=shape.colour, linewidth=shape.thick, linestyle=style)]
        case Label():
            return [_text(shape)]
        case Sign():
            return _SIGNS[shape.mark](shape.x, shape.y, shape.radius, shape.colour)


def _box(box: Box) -> Artist:
    look: dict[str, Any] = {
        "facecolor": box.fill or "none",
        "edgecolor": box.edge or "none",
        "linewidth": 1.0 if box.edge else 0.0,
        "linestyle": (0, (3, 2)) if box.dashed else "solid",
    }
    if not box.radius:
        return Rectangle((box.x, box.y), box.width, box.height, **look)
    style = f"round,pad=0,rounding_size={min(box.radius, box.width / 2, box.height / 2)}"
    return FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=style, **look)


# ---- signs


def _stroke(points: Iterable[tuple[float, float]], r: float, colour: str) -> Artist:
    xs, ys = zip(*points, strict=True)
    return Line2D(xs, ys, color=colour, linewidth=r / 2.2, solid_capstyle="round")


def _disc(x: float, y: float, r: float, colour: str) -> list[Artist]:
    return [Circle((x, y), r, color=colour, linewidth=0)]


def _ring(x: float, y: float, r: float, colour: str) -> list[Artist]:
    return [Circle((x, y), r * 0.8, facecolor="#ffffff", edgecolor=colour, linewidth=r * 0.45)]


def _square(x: float, y: float, r: float, colour: str) -> list[Artist]:
    return [Rectangle((x - r * 0.85, y - r * 0.85), r * 1.7, r * 1.7, color=colour, linewidth=0)]


def _diamond(x: float, y: float, r: float, colour: str) -> list[Artist]:
    return [Polygon([(x, y - r), (x + r, y), (x, y + r), (x - r, y)], color=colour, linewidth=0)]


def _cross(x: float, y: float, r: float, colour: str) -> list[Artist]:
    d = r * 0.75
    strokes = [[(x - d, y - d), (x + d, y + d)], [(x - d, y + d), (x + d, y - d)]]
    return [_stroke(stroke, r, colour) for stroke in strokes]


def _tick(x: float, y: float, r: float, colour: str) -> list[Artist]:
    return [
        _stroke(
            [(x - r * 0.8, y), (x - r * 0.2, y + r * 0.65), (x + r * 0.85, y - r * 0.65)], r, colour
        )
    ]


def _back(x: float, y: float, r: float, colour: str) -> list[Artist]:
    head = [(x - r * 1.05, y - r * 0.35), (x - r * 0.2, y - r * 1.05), (x - r * 0.2, y + r * 0.35)]
    middle = (x - r * 0.2, y + r * 0.2)
    bow = Arc(middle, r * 2, r * 1.1, theta1=-90, theta2=90, color=colour, linewidth=r / 2.6)
    return [Polygon(head, color=colour, linewidth=0), bow]


_SIGNS: dict[Mark, Callable[[float, float, float, str], list[Artist]]] = {
    Mark.DISC: _disc,
    Mark.RING: _ring,
    Mark.SQUARE: _square,
    Mark.DIAMOND: _diamond,
    Mark.CROSS: _cross,
    Mark.TICK: _tick,
    Mark.BACK: _back,
}


# ---- text


def _text(label: Label) -> Artist:
    return Text(
        label.x,
        label.y,
        _fitting(label.text, label.size, label.bold, label.most),
        color=label.colour,
        fontproperties=_font(label.size, label.bold),
        horizontalalignment=label.align.value,
        verticalalignment="center_baseline",
        parse_math=False,
    )


@lru_cache(maxsize=64)
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family=_FAMILY, weight="bold" if bold else "normal", size=size)


@lru_cache(maxsize=4096)
def _fitting(text: str, size: float, bold: bool, most: float) -> str:
    """The text, cut in the middle where it is too wide: names differ at their ends."""
    if not text or _width(text, size, bold) <= most:
        return text
    fits, too_many = 0, len(text)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        fits, too_many = (
            (middle, too_many) if _width(_cut(text, middle), size, bold) <= most else (fits, middle)
        )
    return _cut(text, fits)


def _cut(text: str, keep: int) -> str:
    tail = keep // 2
    return f"{text[: keep - tail]}…{text[len(text) - tail :]}"


def _width(text: str, size: float, bold: bool) -> float:
    measured, _, _ = _RULER.get_text_width_height_descent(text, _font(size, bold), False)
    return float(measured) / SCALE


_RULER = FigureCanvasAgg(Figure(dpi=_POINTS * SCALE)).get_renderer()  # type: ignore[no-untyped-call]
