"""Parts of all maps: the look of a node, the legend, and the grid of boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.model.picture import Mark, Shape, Sheet
from bot.render.picture.atoms import (
    AMBER,
    BELOW,
    CARD,
    EDGE,
    GREEN,
    MARGIN,
    PALE_AMBER,
    PALE_RED,
    RED,
    heading,
    legend,
    sheet,
)
from bot.render.picture.node_tasks import SIGNS, Condition, NodeTasks, headline, summary, totals


def legend_of(spots: Sequence[NodeTasks], top: float, width: float) -> tuple[list[Shape], float]:
    """The signs of all conditions that occur, with counts, and the height where they end."""
    counts = totals(spots)
    return legend(
        [
            (*SIGNS[condition], f"{counts[condition]} {condition}")
            for condition in Condition
            if counts[condition]
        ],
        top,
        width,
    )


def look(spot: NodeTasks) -> tuple[str, str, bool]:
    """Fill and edge colour of a node's box, and whether its edge is dashed."""
    if spot.ill:
        return PALE_RED, RED, False
    return (PALE_AMBER, AMBER, True) if spot.set_aside else (CARD, EDGE, False)


def health(spot: NodeTasks) -> tuple[Mark, str]:
    """The sign and colour of a node."""
    if spot.ill:
        return (Mark.CROSS, RED) if spot.node else (Mark.DIAMOND, AMBER)
    return (Mark.SQUARE, AMBER) if spot.set_aside else (Mark.DISC, GREEN)


@dataclass(frozen=True, slots=True)
class Grid:
    """How boxes stand.

    `height` gives the height of a node's box and `draw` draws it; `below` draws what stands under
    all boxes, from a height on.
    """

    width: float
    columns: int
    gap: float
    height: Callable[[NodeTasks], float]
    draw: Callable[[NodeTasks, float, float, float, float], list[Shape]]
    below: Callable[[float], tuple[list[Shape], float]]


def in_grid(spots: Sequence[NodeTasks], grid: Grid) -> Sheet:
    """The boxes in rows, each row as high as its highest box, with heading and legend."""
    nodes = [spot.node for spot in spots if spot.node]
    shapes, y = heading(headline(nodes, spots), summary(spots), grid.width), BELOW
    cell = cell_width(grid.width, grid.columns, grid.gap)
    for first in range(0, len(spots), grid.columns):
        row = spots[first : first + grid.columns]
        high = max(map(grid.height, row))
        for index, spot in enumerate(row):
            shapes += grid.draw(spot, MARGIN + index * (cell + grid.gap), y, cell, high)
        y += high + grid.gap
    legend_shapes, y = grid.below(y + 4)
    return sheet([*shapes, *legend_shapes], grid.width, y + MARGIN - 4)


def cell_width(width: float, columns: int, gap: float) -> float:
    """The width of a box, in whole units, so that what repeats is drawn alike.

    That keeps the picture's file small.
    """
    return (width - 2 * MARGIN - (columns - 1) * gap) // columns
