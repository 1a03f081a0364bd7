"""The map of a few nodes: boxes with words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.model.picture import Align, Box, Label, Shape, Sheet, Sign
from bot.render.picture.atoms import INK, SMALL, SOFT, room
from bot.render.picture.map_grid import Grid, health, in_grid, legend_of, look
from bot.render.picture.node_tasks import SIGNS, Condition, NodeTasks

_WIDTH = 480.0
_ROW = 21.0
_MOST_GROUPS = 8


def boxes(spots: Sequence[NodeTasks]) -> Sheet:
    """Every node with its services and their tasks in words."""
    columns = 1 if len(spots) == 1 else 2 if len(spots) <= 6 else 3
    width = _WIDTH if columns < 3 else 1.5 * _WIDTH
    grid = Grid(width, columns, 12, _height, _box, lambda y: legend_of(spots, y, width))
    return in_grid(spots, grid)


def _height(spot: NodeTasks) -> float:
    return 60 + _ROW * max(1, len(_rows(spot)))


def _rows(spot: NodeTasks) -> list[tuple[str, Counter[Condition]]]:
    groups = [(f"{service} {version}", counts) for (service, version), counts in spot.groups]
    if len(groups) <= _MOST_GROUPS:
        return groups
    rest = groups[_MOST_GROUPS - 1 :]
    return [
        *groups[: _MOST_GROUPS - 1],
        (f"{len(rest)} more", sum((counts for _, counts in rest), Counter())),
    ]


def _box(spot: NodeTasks, x: float, y: float, width: float, height: float) -> list[Shape]:
    fill, edge, dashed = look(spot)
    inner = width - 24
    sign = Sign(x + 17, y + 19, 5.5, *health(spot))
    shapes: list[Shape] = [
        Box(x, y, width, height, fill, edge, 8, dashed),
        sign,
        Label(x + 30, y + 19, spot.name, 14, INK, bold=True, most=inner - 18),
        Label(x + 12, y + 39, spot.words, SMALL, SOFT, most=inner),
    ]
    rows = _rows(spot)
    if not rows:
        shapes.append(Label(x + 12, y + 62, "no tasks", SMALL, SOFT))
    for index, (name, counts) in enumerate(rows):
        middle = y + 62 + index * _ROW
        signs, taken = _tally(counts, x + width - 12, middle, inner * 0.5)
        shapes += [Label(x + 12, middle, name, SMALL, INK, most=inner - taken - 8), *signs]
    return shapes


def _tally(
    counts: Counter[Condition], right: float, y: float, most: float
) -> tuple[list[Shape], float]:
    """Tasks as signs up to `right`, or as figures where they are too many; and the width."""
    conditions = [condition for condition in Condition for _ in range(min(counts[condition], 50))]
    if len(conditions) * 13 <= most:
        return [
            Sign(right - 5 - 13 * (len(conditions) - 1 - index), y, 5, *SIGNS[condition])
            for index, condition in enumerate(conditions)
        ], len(conditions) * 13.0
    shapes: list[Shape] = []
    x = right
    for condition in reversed([kind for kind in Condition if counts[kind]]):
        figure = str(counts[condition])
        figure_width = room(figure, SMALL) + 2
        shapes += [
            Label(x, y, figure, SMALL, INK, align=Align.RIGHT),
            Sign(x - figure_width - 7, y, 5, *SIGNS[condition]),
        ]
        x -= figure_width + 20
    return shapes, right - x
