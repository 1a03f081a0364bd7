"""A picture before it is drawn: plain shapes at their places.

They can be looked at, compared and sent to the process that draws them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Mark(StrEnum):
    """The shape of a small sign, which tells what its colour tells as well."""

    DISC = "disc"
    RING = "ring"
    CROSS = "cross"
    SQUARE = "square"
    DIAMOND = "diamond"
    BACK = "back"
    TICK = "tick"


class Align(StrEnum):
    """Which point of a text its place is."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle from its upper left corner, filled or edged or both.

    Colours as `#rrggbb`, none where empty.
    """

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    edge: str = ""
    radius: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """A mark around its middle."""

    x: float
    y: float
    radius: float
    mark: Mark
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x: float
    y: float
    to_x: float
    to_y: float
    colour: str
    thick: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text; `y` is its middle.

    What is wider than `most` is cut in the middle and marked.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str
    bold: bool = False
    align: Align = Align.LEFT
    most: float = 10_000.0


Shape = Box | Sign | Line | Label
_SHAPES: dict[str, type[Shape]] = {shape.__name__: shape for shape in (Box, Sign, Line, Label)}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture of `width` × `height` units on its own ground.

    Later shapes lie over earlier ones. `y` grows downwards.
    """

    width: float
    height: float
    ground: str
    shapes: tuple[Shape, ...]

    def to_json(self) -> str:
        """The sheet as text, for another process."""
        shapes = [[type(shape).__name__, asdict(shape)] for shape in self.shapes]
        return json.dumps(
            {"width": self.width, "height": self.height, "ground": self.ground, "shapes": shapes}
        )

    @classmethod
    def from_json(cls, text: str) -> Sheet:
        """What `to_json` wrote."""
        read: dict[str, Any] = json.loads(text)
        shapes = tuple(_SHAPES[kind](**_typed(values)) for kind, values in read["shapes"])
        return cls(read["width"], read["height"], read["ground"], shapes)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    kinds = {"mark": Mark, "align": Align}
    return {name: kinds[name](value) if name in kinds else value for name, value in values.items()}
