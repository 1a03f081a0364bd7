"""The map of many nodes: boxes with tiles, and a key to the tiles' letters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bot.model import NodeState
from bot.model.picture import Align, Box, Label, Shape, Sheet, Sign
from bot.render.objects.nodes import state_word
from bot.render.picture.atoms import CARD, INK, MARGIN, SMALL, SOFT, room, rule
from bot.render.picture.map_grid import Grid, cell_width, health, in_grid, look
from bot.render.picture.node_tasks import SIGNS, Condition, Group, NodeTasks, totals

_TILE, _MOST_LETTERS = 19.0, 26
_SUFFIX = {Condition.FAILED: "!", Condition.LOST: "?"}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tiled(spots: Sequence[NodeTasks]) -> Sheet:
    """Every node with a tile for each group of its tasks."""
    width, columns = (720.0, 4) if len(spots) <= 40 else (960.0, 7)
    letters = _letters(spots)
    cell = cell_width(width, columns, 8)
    most = 3 if len(spots) <= 60 else 2
    rows = {spot.name: _tile_rows(spot, letters, cell - 14, most) for spot in spots}

    def height(spot: NodeTasks) -> float:
        return 32 + _TILE * max(1, len(rows[spot.name]))

    def draw(spot: NodeTasks, x: float, y: float, wide: float, high: float) -> list[Shape]:
        fill, edge, dashed = look(spot)
        role = _role(spot)
        taken = room(role, 11) + 6
        fits = room(spot.name, SMALL, bold=True) + taken <= wide - 28
        return [
            Box(x, y, wide, high, fill, edge, 5, dashed),
            Sign(x + 12, y + 15, 4.5, *health(spot)),
            Label(
                x + 22,
                y + 15,
                spot.name,
                SMALL,
                INK,
                bold=True,
                most=wide - 28 - (taken if fits else 0),
            ),
            *(
                [Label(x + wide - 7, y + 15, role, 11, SOFT, align=Align.RIGHT)]
                if role and fits
                else []
            ),
            *_tiles(rows[spot.name], x + 7, y + 28),
        ]

    def below(y: float) -> tuple[list[Shape], float]:
        keys, end = _keys(spots, letters, y, width) if letters else ([], y - 4)
        signs, end = _tile_states(spots, end + 4, width)
        return [*keys, *signs], end

    return in_grid(spots, Grid(width, columns, 8, height, draw, below))


def _role(spot: NodeTasks) -> str:
    if spot.node is None:
        return ""
    if spot.ill or spot.set_aside:
        return state_word(
            spot.node.state if spot.node.state != NodeState.READY else spot.node.availability
        )
    return ("Leader" if spot.node.manager.leader else "Mgr") if spot.node.manager else ""


def _letters(spots: Sequence[NodeTasks]) -> dict[Group, str]:
    """A letter for each of the groups with the most tasks."""
    sizes: Counter[Group] = Counter()
    for spot in spots:
        for group, counts in spot.groups:
            sizes[group] += counts.total()
    largest = [
        group
        for group, _ in sorted(sizes.items(), key=lambda entry: (-entry[1], entry[0]))[
            :_MOST_LETTERS
        ]
    ]
    return {group: _LETTERS[index] for index, group in enumerate(sorted(largest))}


_Tile = tuple[str, Condition | None]
"""A tile's text and the condition of its tasks; None for text without a tile."""


def _tile_rows(
    spot: NodeTasks, letters: Mapping[Group, str], wide: float, most: int
) -> list[list[_Tile]]:
    """A tile for the tasks of a group in the same condition, in rows; a count of the rest."""
    tiles: list[_Tile] = [
        (_written(letters.get(group, "·"), counts[condition], condition), condition)
        for group, counts in spot.groups
        for condition in Condition
        if counts[condition]
    ]
    rows: list[list[_Tile]] = [[]]
    for index, tile in enumerate(tiles):
        last = len(rows) == most
        if rows[-1] and sum(_tile_width(text) + 3 for text, _ in [*rows[-1], tile]) > wide - (
            24 if last else 0
        ):
            if last:
                rows[-1].append((f"+{len(tiles) - index}", None))
                break
            rows.append([])
        rows[-1].append(tile)
    return rows if tiles else [[("no tasks", None)]]


def _written(letter: str, count: int, condition: Condition) -> str:
    return f"{letter}{count if count > 1 else ''}{_SUFFIX.get(condition, '')}"


def _tile_width(text: str) -> float:
    return 16.0 if len(text) < 3 else 2.0 + 8 * len(text)


def _tiles(rows: Iterable[list[_Tile]], left: float, y: float) -> list[Shape]:
    shapes: list[Shape] = []
    for row in rows:
        x = left
        for text, condition in row:
            shapes += (
                _tile(text, condition, x, y) if condition else [Label(x, y + 8, text, 11, SOFT)]
            )
            x += _tile_width(text) + 3
        y += _TILE
    return shapes


def _tile(text: str, condition: Condition, x: float, y: float) -> list[Shape]:
    colour, width = SIGNS[condition][1], _tile_width(text)
    solid = condition in (Condition.RUNNING, Condition.FAILED, Condition.LOST)
    dashed = condition in (Condition.DONE, Condition.WAITING)
    box = Box(x, y, width, 16, colour if solid else CARD, colour, 0, dashed)
    size = 10 if len(text) < 2 else 9
    return [
        box,
        Label(
            x + width / 2,
            y + 8,
            text,
            size,
            CARD if solid else colour,
            bold=True,
            align=Align.CENTER,
        ),
    ]


# ---- below the boxes


def _keys(
    spots: Sequence[NodeTasks], letters: Mapping[Group, str], y: float, width: float
) -> tuple[list[Shape], float]:
    """The key to the letters, in columns."""
    sizes: Counter[Group] = Counter()
    for spot in spots:
        for group, counts in spot.groups:
            sizes[group] += counts.total()
    entries = [
        (letter, f"{service} {version}", sizes[service, version])
        for (service, version), letter in letters.items()
    ]
    others = [group for group in sizes if group not in letters]
    if others:
        entries.append(("·", f"{len(others)} more", sum(sizes[group] for group in others)))
    columns = 4 if width > 800 else 3
    wide = (width - 2 * MARGIN) / columns
    shapes: list[Shape] = []
    for index, (letter, name, size) in enumerate(entries):
        x, middle = MARGIN + index % columns * wide, y + 10 + index // columns * 22
        figure = str(size)
        taken = room(figure, SMALL) + 24
        shapes += [
            Label(x + 6, middle, letter, SMALL, INK, bold=True, align=Align.CENTER),
            Label(x + 20, middle, name, SMALL, INK, most=wide - 20 - taken),
            Label(x + wide - 20, middle, figure, SMALL, SOFT, align=Align.RIGHT),
        ]
    rows = -(-len(entries) // columns)
    end = y + 10 + rows * 22
    return [
        rule(y - 4, width),
        *shapes,
        *([rule(end, width)] if rows else []),
    ], end + 4 if rows else y


def _tile_states(spots: Sequence[NodeTasks], top: float, width: float) -> tuple[list[Shape], float]:
    counts, shapes = totals(spots), list[Shape]()
    x, y = MARGIN, top + 10
    for condition in (kind for kind in Condition if counts[kind]):
        words = f"{counts[condition]} {condition}"
        state_width = 24 + room(words, SMALL) + 12
        if x > MARGIN and x + state_width > width - MARGIN:
            x, y = MARGIN, y + 22
        shapes += [
            *_tile(_written("A", 1, condition), condition, x, y - 8),
            Label(x + 23, y, words, SMALL, SOFT),
        ]
        x += state_width
    return shapes, y + 10
