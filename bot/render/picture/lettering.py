"""The letters of pictures: DejaVu Sans, a part of the bot, because a slim image has no fonts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

_FOLDER = Path(__file__).with_name("fonts")


@lru_cache(maxsize=64)
def font(size: float, bold: bool) -> ImageFont.FreeTypeFont:
    """The font in a size of pixels."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(_FOLDER / name), size)


@lru_cache(maxsize=4096)
def fitting(text: str, size: float, bold: bool, most: float) -> str:
    """The text, cut in the middle where it is wider than `most` pixels: names differ at their
    ends."""
    text = " ".join(text.splitlines())
    if _width(text, size, bold) <= most:
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
    return font(size, bold).getlength(text)
