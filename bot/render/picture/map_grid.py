"""What all maps share: how a node looks, what the signs mean, and the grid that boxes stand in."""

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
from bot.render.picture.node_tasks import SIGNS, Condition, NodeTasks, headline, told, totals


def legend_of(spots: Sequence[NodeTasks], top: float, width: float) -> tuple[list[Shape], float]:
    """The signs of all conditions that occur, counted, and where they end."""
    counts = totals(spots)
    return legend([(*SIGNS[c], f"{counts[c]} {c}") for c in Condition if counts[c]], top, width)


def look(spot: NodeTasks) -> tuple[str, str, bool]:
    """Fill, edge and whether the edge is dashed."""
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
    """How boxes stand: `height` and `draw` make one, and `below` what stands under them, from a
    height on."""

    width: float
    columns: int
    gap: float
    height: Callable[[NodeTasks], float]
    draw: Callable[[NodeTasks, float, float, float, float], list[Shape]]
    below: Callable[[float], tuple[list[Shape], float]]


def in_grid(spots: Sequence[NodeTasks], grid: Grid) -> Sheet:
    """The boxes row by row, as high as the highest of each, with heading and what stands below."""
    nodes = [spot.node for spot in spots if spot.node]
    shapes, y = heading(headline(nodes, spots), told(spots), grid.width), BELOW
    cell = cell_width(grid.width, grid.columns, grid.gap)
    for first in range(0, len(spots), grid.columns):
        row = spots[first : first + grid.columns]
        high = max(map(grid.height, row))
        for index, spot in enumerate(row):
            shapes += grid.draw(spot, MARGIN + index * (cell + grid.gap), y, cell, high)
        y += high + grid.gap
    rest, y = grid.below(y + 4)
    return sheet([*shapes, *rest], grid.width, y + MARGIN - 4)


def cell_width(width: float, columns: int, gap: float) -> float:
    """How wide a box is, in whole units: what repeats is drawn alike, and the picture stays
    small."""
    return (width - 2 * MARGIN - (columns - 1) * gap) // columns
