"""Draws a sheet as PNG with Pillow.

Only the drawing process imports it, because a large picture takes tens of megabytes.
"""

from __future__ import annotations

from collections import Counter
from io import BytesIO

from PIL import Image, ImageDraw

from bot.model.picture import Box, Label, Line, Shape, Sheet, Sign
from bot.render.picture.brush import Brush

SCALE = 2
"""Pixels for one unit of a sheet."""
MOST_BYTES = 150_000
"""Only maps of a hundred busy nodes come near it; the others stay below 100 kB."""
_MANY_SHAPES = 1500
_TRIES = ((SCALE, 256, 100_000), (SCALE, 16, MOST_BYTES), (1, 16, MOST_BYTES))
"""Scale, number of colours, and the largest file in bytes that is then accepted."""
_STEPS = (0.5, 0.25, 0.75)


def draw(sheet: Sheet) -> bytes:
    """The sheet as PNG, at twice its units unless the file becomes too large."""
    image, painted_scale = None, 0
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


def _painted(sheet: Sheet, scale: int) -> Image.Image:
    image = Image.new("RGB", (int(sheet.width * scale), int(sheet.height * scale)), sheet.ground)
    brush = Brush(ImageDraw.Draw(image), scale)
    for shape in sheet.shapes:
        _paint(brush, shape)
    return image


def _paint(brush: Brush, shape: Shape) -> None:
    match shape:
        case Box():
            brush.box(shape)
        case Line():
            brush.line(shape)
        case Sign():
            brush.sign(shape)
        case Label():
            brush.label(shape)


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
