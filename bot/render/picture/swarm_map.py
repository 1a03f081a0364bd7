"""The map: every node as a box with its tasks in it; a few nodes with words, many with tiles, a crowd summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.model import File, Node, Service, Task
from bot.model.picture import Align, Box, Label, Mark, Shape, Sheet, Sign
from bot.render.blocks import familiar, plural
from bot.render.nodes import in_trouble, state_word
from bot.render.picture.atoms import (
    AMBER,
    BELOW,
    BLUE,
    CARD,
    EDGE,
    FAINT,
    GREEN,
    GREY,
    INK,
    MARGIN,
    PALE_AMBER,
    PALE_RED,
    RED,
    SMALL,
    SOFT,
    TEXT,
    alt,
    heading,
    legend,
    line_of,
    natural,
    room,
    rule,
    sheet,
    small,
)
from bot.render.tasks import places_of

FEW, MANY = 12, 120
"""Up to so many nodes are boxes with words; up to so many, boxes with tiles."""
_GAP = 12.0


class Condition(StrEnum):
    """How a task is, the worst first; each has its sign."""

    FAILED = "failing"
    LOST = "lost with node"
    WAITING = "waiting for a node"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "complete"


_SIGNS: Mapping[Condition, tuple[Mark, str]] = {
    Condition.FAILED: (Mark.CROSS, RED),
    Condition.LOST: (Mark.SQUARE, GREY),
    Condition.WAITING: (Mark.DIAMOND, AMBER),
    Condition.STARTING: (Mark.RING, BLUE),
    Condition.RUNNING: (Mark.DISC, GREEN),
    Condition.DONE: (Mark.TICK, GREY),
}
_SUFFIX = {Condition.FAILED: "!", Condition.LOST: "?"}
_TROUBLE = (Condition.FAILED, Condition.LOST, Condition.WAITING)
_ENDED = ("failed", "rejected", "orphaned")

Group = tuple[str, str]
"""A service and its version."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A node with its tasks, as people name them; `words` is role and state. The node of what waits for one is None."""

    name: str
    words: str
    node: Node | None
    groups: tuple[tuple[Group, Counter[Condition]], ...]

    @property
    def tasks(self) -> int:
        """How many tasks stand here."""
        return sum(count.total() for _, count in self.groups)

    @property
    def ill(self) -> bool:
        """Whether the node itself, or what cannot find one, needs somebody."""
        return self.node is None or in_trouble(self.node)

    @property
    def set_aside(self) -> bool:
        """Whether it takes no new tasks by somebody's will."""
        return self.node is not None and self.node.availability != "active"


def picture(nodes: Sequence[Node], spots: Sequence[Spot]) -> File:
    """The picture of what `placed` found, with its description."""
    drawn = _worded if len(nodes) <= FEW else _tiled if len(nodes) <= MANY else _summed
    return File("map.png", drawn(spots), headline(nodes, spots), described(nodes, spots))


def placed(nodes: Sequence[Node], tasks: Iterable[Task], services: Mapping[str, Service]) -> tuple[Spot, ...]:
    """Every node by name with the tasks that should be there; what has no node comes last."""
    by_id = {node.id: node for node in nodes}
    found: dict[str, dict[Group, Counter[Condition]]] = {node.id: {} for node in nodes}
    for place in places_of(tasks):
        condition = _condition(place, by_id)
        if condition is None:
            continue
        where = place[0].node_id if place[0].node_id in by_id and condition is not Condition.WAITING else ""
        found.setdefault(where, {}).setdefault(_group(place[0], services), Counter())[condition] += 1
    ordered = sorted(nodes, key=lambda node: (natural(node.name), node.id))
    spots = [Spot(line_of(node.name), _words(node), node, _sorted(found[node.id])) for node in ordered]
    if "" in found:
        spots.append(Spot("On no node", "no node takes these", None, _sorted(found[""])))
    return tuple(spots)


def headline(nodes: Sequence[Node], spots: Sequence[Spot]) -> str:
    """How many nodes and tasks there are."""
    return f"Swarm · {plural(len(nodes), 'node')} · {plural(sum(spot.tasks for spot in spots), 'task')}"


def told(spots: Sequence[Spot]) -> str:
    """What to take from the map, trouble first; what is as it should be the legend counts."""
    nodes = [spot for spot in spots if spot.node]
    away = [f"{spot.name} {state_word(spot.node.state)}" for spot in nodes if spot.node and spot.node.state != "ready"]
    lone = [f"{spot.name} not reachable" for spot in nodes if spot.ill and spot.node and spot.node.state == "ready"]
    aside = [f"{spot.name} {state_word(spot.node.availability)}" for spot in nodes if spot.node and spot.set_aside]
    counts = _totals(spots)
    trouble = [f"{counts[condition]} {condition}" for condition in _TROUBLE if counts[condition]]
    parts = [*_few(away, "away"), *_few(lone, "not reachable"), *_few(aside, "set aside"), *trouble]
    return " · ".join(parts or ["all nodes Ready, all tasks as they should be" if nodes else "no nodes"])


def needs_care(spots: Sequence[Spot]) -> bool:
    """Whether a node or a task is in trouble."""
    return any(spot.ill or any(_troubled(counts) for _, counts in spot.groups) for spot in spots)


def described(nodes: Sequence[Node], spots: Sequence[Spot]) -> str:
    """The map in words: the whole, then node by node, those in trouble first where not all can be told."""
    ordered = spots if len(nodes) <= FEW else sorted(spots, key=lambda spot: (not spot.ill, not spot.set_aside))
    return alt(f"Map of the {headline(nodes, spots).replace(' · ', ', ')}: {told(spots)}.", [_told(s) for s in ordered])


# ---- values


def _condition(place: Sequence[Task], nodes: Mapping[str, Node]) -> Condition | None:
    """How the place's task is; None where there should be none."""
    task, node = place[0], nodes.get(place[0].node_id)
    if task.desired not in ("running", "ready", "complete"):
        return None
    if task.state == "complete":
        return Condition.DONE
    if not task.node_id or task.state == "pending":
        return Condition.WAITING
    if node is not None and node.state != "ready":
        return Condition.LOST
    if task.state == "running":
        return Condition.RUNNING
    failed = task.state in _ENDED or (len(place) > 1 and place[1].state in _ENDED)
    return Condition.FAILED if failed else Condition.STARTING


def _group(task: Task, services: Mapping[str, Service]) -> Group:
    service = services.get(task.service_id)
    digest = f"@{task.image.short_digest}" if task.image.digest else ""
    version = task.image.tag or digest or familiar(task.image)
    return (line_of(service.name if service else task.service_id[:12]), line_of(version))


def _sorted(groups: Mapping[Group, Counter[Condition]]) -> tuple[tuple[Group, Counter[Condition]], ...]:
    return tuple(sorted(groups.items(), key=lambda each: (not _troubled(each[1]), each[0])))


def _troubled(counts: Counter[Condition]) -> bool:
    return any(counts[condition] for condition in _TROUBLE)


def _words(node: Node) -> str:
    role = ("Leader" if node.manager.leader else "Manager") if node.manager else state_word(node.role)
    reach = node.manager.reachability if node.manager else "reachable"
    parts = [role, state_word(node.state), state_word(node.availability)]
    return line_of(" · ".join(parts + ([state_word(reach)] if reach != "reachable" else [])))


def _totals(spots: Iterable[Spot]) -> Counter[Condition]:
    totals: Counter[Condition] = Counter()
    for spot in spots:
        for _, counts in spot.groups:
            totals += counts
    return totals


def _few(words: Sequence[str], together: str) -> list[str]:
    return list(words) if len(words) < 3 else [f"{len(words)} nodes {together}"]


def _told(spot: Spot) -> str:
    groups = [
        f"{service} {version} {', '.join(f'{counts[c]} {c}' for c in Condition if counts[c])}"
        for (service, version), counts in spot.groups[:8]
    ]
    rest = len(spot.groups) - len(groups)
    words = spot.words.replace(" · ", ", ")
    return f"{spot.name} ({words}): {'; '.join(groups) or 'no tasks'}" + (f"; {rest} more services" if rest else "")


def _states(spots: Sequence[Spot], top: float, width: float) -> tuple[list[Shape], float]:
    counts = _totals(spots)
    return legend([(*_SIGNS[c], f"{counts[c]} {c}") for c in Condition if counts[c]], top, width)


def _look(spot: Spot) -> tuple[str, str, bool]:
    """Fill, edge and whether the edge is dashed."""
    if spot.ill:
        return PALE_RED, RED, False
    return (PALE_AMBER, AMBER, True) if spot.set_aside else (CARD, EDGE, False)


# ---- a few nodes: boxes with words

_WIDE = 480.0
_ROW = 21.0
_MOST_GROUPS = 8


def _worded(spots: Sequence[Spot]) -> Sheet:
    columns = 1 if len(spots) == 1 else 2 if len(spots) <= 6 else 3
    width = _WIDE if columns < 3 else 1.5 * _WIDE
    return _in_grid(spots, Grid(width, columns, _GAP, lambda spot: 60 + _ROW * max(1, len(_rows(spot))), _box))


def _rows(spot: Spot) -> list[tuple[str, Counter[Condition]]]:
    groups = [(f"{service} {version}", counts) for (service, version), counts in spot.groups]
    if len(groups) <= _MOST_GROUPS:
        return groups
    rest = groups[_MOST_GROUPS - 1 :]
    return [*groups[: _MOST_GROUPS - 1], (f"{len(rest)} more", sum((counts for _, counts in rest), Counter()))]


def _box(spot: Spot, x: float, y: float, width: float, height: float) -> list[Shape]:
    fill, edge, dashed = _look(spot)
    inner = width - 24
    sign = Sign(x + 17, y + 19, 5.5, *_health(spot))
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


def _health(spot: Spot) -> tuple[Mark, str]:
    if spot.ill:
        return (Mark.CROSS, RED) if spot.node else (Mark.DIAMOND, AMBER)
    return (Mark.SQUARE, AMBER) if spot.set_aside else (Mark.DISC, GREEN)


def _tally(counts: Counter[Condition], right: float, y: float, most: float) -> tuple[list[Shape], float]:
    """The tasks as signs up to `right`, counted in figures where they are too many; and how much room they take."""
    each = [condition for condition in Condition for _ in range(min(counts[condition], 50))]
    if len(each) * 13 <= most:
        return [
            Sign(right - 5 - 13 * (len(each) - 1 - index), y, 5, *_SIGNS[condition])
            for index, condition in enumerate(each)
        ], len(each) * 13.0
    shapes: list[Shape] = []
    x = right
    for condition in reversed([c for c in Condition if counts[c]]):
        figure = str(counts[condition])
        needs = room(figure, SMALL) + 2
        shapes += [Label(x, y, figure, SMALL, INK, align=Align.RIGHT), Sign(x - needs - 7, y, 5, *_SIGNS[condition])]
        x -= needs + 20
    return shapes, right - x


# ---- many nodes: boxes with tiles

_TILE, _MOST_LETTERS = 19.0, 26
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _tiled(spots: Sequence[Spot]) -> Sheet:
    width, columns = (720.0, 4) if len(spots) <= 40 else (960.0, 7)
    letters = _letters(spots)
    cell = _cell(width, columns, 8)
    most = 3 if len(spots) <= 60 else 2
    rows = {spot.name: _tile_rows(spot, letters, cell - 14, most) for spot in spots}

    def height(spot: Spot) -> float:
        return 32 + _TILE * max(1, len(rows[spot.name]))

    def draw(spot: Spot, x: float, y: float, wide: float, high: float) -> list[Shape]:
        fill, edge, dashed = _look(spot)
        role = _role(spot)
        taken = room(role, 11) + 6
        fits = room(spot.name, SMALL, bold=True) + taken <= wide - 28
        return [
            Box(x, y, wide, high, fill, edge, 5, dashed),
            Sign(x + 12, y + 15, 4.5, *_health(spot)),
            Label(x + 22, y + 15, spot.name, SMALL, INK, bold=True, most=wide - 28 - (taken if fits else 0)),
            *([Label(x + wide - 7, y + 15, role, 11, SOFT, align=Align.RIGHT)] if role and fits else []),
            *_tiles(rows[spot.name], x + 7, y + 28),
        ]

    return _in_grid(spots, Grid(width, columns, 8, height, draw, letters))


def _role(spot: Spot) -> str:
    if spot.node is None:
        return ""
    if spot.ill or spot.set_aside:
        return state_word(spot.node.state if spot.node.state != "ready" else spot.node.availability)
    return ("Leader" if spot.node.manager.leader else "Mgr") if spot.node.manager else ""


def _letters(spots: Sequence[Spot]) -> dict[Group, str]:
    """A letter for each of the groups with the most tasks."""
    sizes: Counter[Group] = Counter()
    for spot in spots:
        for group, counts in spot.groups:
            sizes[group] += counts.total()
    largest = [group for group, _ in sorted(sizes.items(), key=lambda each: (-each[1], each[0]))[:_MOST_LETTERS]]
    return {group: _LETTERS[index] for index, group in enumerate(sorted(largest))}


_Tile = tuple[str, Condition | None]
"""What stands on a tile and how its tasks are; None for words without a tile."""


def _tile_rows(spot: Spot, letters: Mapping[Group, str], wide: float, most: int) -> list[list[_Tile]]:
    """One tile for the tasks of a group that are alike, wrapped; what finds no room is counted."""
    each: list[_Tile] = [
        (_written(letters.get(group, "·"), counts[condition], condition), condition)
        for group, counts in spot.groups
        for condition in Condition
        if counts[condition]
    ]
    rows: list[list[_Tile]] = [[]]
    for index, tile in enumerate(each):
        last = len(rows) == most
        if rows[-1] and sum(_tile_width(text) + 3 for text, _ in [*rows[-1], tile]) > wide - (24 if last else 0):
            if last:
                rows[-1].append((f"+{len(each) - index}", None))
                break
            rows.append([])
        rows[-1].append(tile)
    return rows if each else [[("no tasks", None)]]


def _written(letter: str, count: int, condition: Condition) -> str:
    return f"{letter}{count if count > 1 else ''}{_SUFFIX.get(condition, '')}"


def _tile_width(text: str) -> float:
    return 16.0 if len(text) < 3 else 2.0 + 8 * len(text)


def _tiles(rows: Iterable[list[_Tile]], left: float, y: float) -> list[Shape]:
    shapes: list[Shape] = []
    for row in rows:
        x = left
        for text, condition in row:
            shapes += _tile(text, condition, x, y) if condition else [Label(x, y + 8, text, 11, SOFT)]
            x += _tile_width(text) + 3
        y += _TILE
    return shapes


def _tile(text: str, condition: Condition, x: float, y: float) -> list[Shape]:
    colour, width = _SIGNS[condition][1], _tile_width(text)
    solid = condition in (Condition.RUNNING, Condition.FAILED, Condition.LOST)
    dashed = condition in (Condition.DONE, Condition.WAITING)
    box = Box(x, y, width, 16, colour if solid else CARD, colour, 0, dashed)
    size = 10 if len(text) < 2 else 9
    return [box, Label(x + width / 2, y + 8, text, size, CARD if solid else colour, bold=True, align=Align.CENTER)]


# ---- the grid that both stand in


@dataclass(frozen=True, slots=True)
class Grid:
    """How boxes stand: `height` and `draw` make one; `letters` stand on the tiles, where there are tiles."""

    width: float
    columns: int
    gap: float
    height: Callable[[Spot], float]
    draw: Callable[[Spot, float, float, float, float], list[Shape]]
    letters: Mapping[Group, str] | None = None


def _in_grid(spots: Sequence[Spot], grid: Grid) -> Sheet:
    nodes = [spot.node for spot in spots if spot.node]
    shapes, y = heading(headline(nodes, spots), told(spots), grid.width), BELOW
    # Whole units: what repeats is drawn alike, and the picture stays small.
    cell = _cell(grid.width, grid.columns, grid.gap)
    for first in range(0, len(spots), grid.columns):
        row = spots[first : first + grid.columns]
        high = max(map(grid.height, row))
        for index, spot in enumerate(row):
            shapes += grid.draw(spot, MARGIN + index * (cell + grid.gap), y, cell, high)
        y += high + grid.gap
    if grid.letters:
        keys, y = _keys(spots, grid.letters, y + 4, grid.width)
        shapes += keys
    states, y = (_states if grid.letters is None else _tile_states)(spots, y + 4, grid.width)
    return sheet([*shapes, *states], grid.width, y + MARGIN - 4)


def _cell(width: float, columns: int, gap: float) -> float:
    return (width - 2 * MARGIN - (columns - 1) * gap) // columns


def _keys(spots: Sequence[Spot], letters: Mapping[Group, str], y: float, width: float) -> tuple[list[Shape], float]:
    """What the letters stand for, in columns."""
    sizes: Counter[Group] = Counter()
    for spot in spots:
        for group, counts in spot.groups:
            sizes[group] += counts.total()
    entries = [
        (letter, f"{service} {version}", sizes[service, version]) for (service, version), letter in letters.items()
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
    return [rule(y - 4, width), *shapes, *([rule(end, width)] if rows else [])], end + 4 if rows else y


def _tile_states(spots: Sequence[Spot], top: float, width: float) -> tuple[list[Shape], float]:
    counts, shapes = _totals(spots), list[Shape]()
    x, y = MARGIN, top + 10
    for condition in (c for c in Condition if counts[c]):
        words = f"{counts[condition]} {condition}"
        needs = 24 + room(words, SMALL) + 12
        if x > MARGIN and x + needs > width - MARGIN:
            x, y = MARGIN, y + 22
        shapes += [*_tile(_written("A", 1, condition), condition, x, y - 8), Label(x + 23, y, words, SMALL, SOFT)]
        x += needs
    return shapes, y + 10


# ---- a crowd: summed up

_MOST_ILL, _MOST_BARS, _DOT = 24, 16, 11.0


def _summed(spots: Sequence[Spot]) -> Sheet:
    """A square for every node by what it is, those in trouble by name, and the largest services."""
    width = 720.0
    nodes = [spot.node for spot in spots if spot.node]
    shapes, y = heading(headline(nodes, spots), told(spots), width), BELOW
    kinds: dict[str, list[Spot]] = {}
    for spot in spots:
        kinds.setdefault(spot.words, []).append(spot)
    ordered = sorted(kinds.items(), key=lambda each: (not each[1][0].ill, not each[1][0].set_aside, each[0]))
    for words, members in ordered[:12]:
        band, y = _band(words, members, y, width)
        shapes += band
    if len(ordered) > 12:
        shapes.append(small(MARGIN, y + 8, f"{len(ordered) - 12} more kinds of nodes", width - 2 * MARGIN))
        y += 26
    bars, y = _bars(spots, y + 2, width)
    states, y = _states(spots, y + 4, width)
    return sheet([*shapes, *bars, *states], width, y + MARGIN - 4)


def _band(words: str, members: Sequence[Spot], y: float, width: float) -> tuple[list[Shape], float]:
    across, most = int((width - 2 * MARGIN) // _DOT), 1000
    tasks = plural(sum(spot.tasks for spot in members), "task")
    figures = f"{plural(len(members), 'node')} · {tasks}" if members[0].node else tasks
    taken = room(figures, SMALL) + 8
    shapes: list[Shape] = [
        Sign(MARGIN + 6, y + 8, 5, *_health(members[0])),
        Label(MARGIN + 18, y + 8, words, TEXT, INK, bold=True, most=width - 2 * MARGIN - 18 - taken),
        small(width - MARGIN, y + 8, figures, taken, Align.RIGHT),
    ]
    y += 22
    colour = _health(members[0])[1]
    for index, spot in enumerate(members[:most]):
        at = MARGIN + index % across * _DOT, y + index // across * _DOT
        shapes.append(Box(*at, 8, 8, colour if spot.tasks else CARD, colour))
    y += -(-min(len(members), most) // across) * _DOT
    if members[0].ill and members[0].node:
        names = ", ".join(spot.name for spot in members[:_MOST_ILL])
        rest = f" and {len(members) - _MOST_ILL} more" if len(members) > _MOST_ILL else ""
        shapes.append(small(MARGIN, y + 8, names + rest, width - 2 * MARGIN))
        y += 18
    return shapes, y + 12


def _bars(spots: Sequence[Spot], y: float, width: float) -> tuple[list[Shape], float]:
    totals: dict[Group, Counter[Condition]] = {}
    for spot in spots:
        for group, counts in spot.groups:
            totals[group] = totals.get(group, Counter()) + counts
    ordered = sorted(totals.items(), key=lambda each: (not _troubled(each[1]), -each[1].total(), each[0]))
    if not ordered:
        return [], y
    longest = max(counts.total() for _, counts in ordered)
    shapes: list[Shape] = [rule(y, width)]
    y += 16
    for (service, version), counts in ordered[:_MOST_BARS]:
        shapes += _bar(f"{service} {version}", counts, longest, y, width)
        y += 22
    rest = ordered[_MOST_BARS:]
    if rest:
        tasks = plural(sum(counts.total() for _, counts in rest), "task")
        shapes.append(small(MARGIN, y, f"{len(rest)} more services and versions with {tasks}", width - 2 * MARGIN))
        y += 22
    return [*shapes, rule(y - 6, width)], y + 2


def _bar(name: str, counts: Counter[Condition], longest: int, y: float, width: float) -> list[Shape]:
    """One line: the name, a bar of all its tasks, what is in trouble in columns, and the sum."""
    left, right = MARGIN + 200, width - MARGIN - 48
    full = right - 3 * 56 - left - 12
    shapes: list[Shape] = [Label(MARGIN, y, name, SMALL, INK, most=190), Box(left, y - 5, full, 10, FAINT)]
    for condition in Condition:
        part = full * counts[condition] / longest
        if part:
            shapes.append(Box(left, y - 5, part, 10, _SIGNS[condition][1]))
            left += part
    for index, condition in enumerate(c for c in _TROUBLE if counts[c]):
        x = right - 3 * 56 + index * 56
        shapes += [Sign(x + 8, y, 5, *_SIGNS[condition]), Label(x + 18, y, str(counts[condition]), SMALL, INK)]
    return [*shapes, Label(width - MARGIN, y, str(counts.total()), SMALL, INK, align=Align.RIGHT)]
