"""The map of very many nodes: squares by role and state, and the largest services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.model.english import plural, shortlist
from bot.model.picture import Align, Box, Label, Shape, Sheet, Sign
from bot.render.picture.atoms import (
    BELOW,
    CARD,
    FAINT,
    INK,
    MARGIN,
    SMALL,
    TEXT,
    heading,
    room,
    rule,
    sheet,
    small,
)
from bot.render.picture.map_grid import health, legend_of
from bot.render.picture.node_tasks import (
    SIGNS,
    TROUBLE,
    Condition,
    Group,
    NodeTasks,
    headline,
    summary,
    troubled,
)

_MOST_ILL, _MOST_BARS, _DOT = 24, 16, 11.0


def summed(spots: Sequence[NodeTasks]) -> Sheet:
    """A square for every node, grouped by role and state, and the largest services."""
    width = 720.0
    nodes = [spot.node for spot in spots if spot.node]
    shapes, y = heading(headline(nodes, spots), summary(spots), width), BELOW
    kinds: dict[str, list[NodeTasks]] = {}
    for spot in spots:
        kinds.setdefault(spot.words, []).append(spot)
    ordered = sorted(
        kinds.items(), key=lambda kind: (not kind[1][0].ill, not kind[1][0].set_aside, kind[0])
    )
    for words, members in ordered[:12]:
        band, y = _band(words, members, y, width)
        shapes += band
    if len(ordered) > 12:
        shapes.append(
            small(MARGIN, y + 8, f"{len(ordered) - 12} more kinds of nodes", width - 2 * MARGIN)
        )
        y += 26
    bars, y = _bars(spots, y + 2, width)
    states, y = legend_of(spots, y + 4, width)
    return sheet([*shapes, *bars, *states], width, y + MARGIN - 4)


def _band(
    words: str, members: Sequence[NodeTasks], y: float, width: float
) -> tuple[list[Shape], float]:
    across, most = int((width - 2 * MARGIN) // _DOT), 1000
    tasks = plural(sum(spot.tasks for spot in members), "task")
    figures = f"{plural(len(members), 'node')} · {tasks}" if members[0].node else tasks
    taken = room(figures, SMALL) + 8
    shapes: list[Shape] = [
        Sign(MARGIN + 6, y + 8, 5, *health(members[0])),
        Label(
            MARGIN + 18, y + 8, words, TEXT, INK, bold=True, most=width - 2 * MARGIN - 18 - taken
        ),
        small(width - MARGIN, y + 8, figures, taken, Align.RIGHT),
    ]
    y += 22
    colour = health(members[0])[1]
    for index, spot in enumerate(members[:most]):
        corner = MARGIN + index % across * _DOT, y + index // across * _DOT
        shapes.append(Box(*corner, 8, 8, colour if spot.tasks else CARD, colour))
    y += -(-min(len(members), most) // across) * _DOT
    if members[0].ill and members[0].node:
        names = shortlist([spot.name for spot in members], _MOST_ILL)
        shapes.append(small(MARGIN, y + 8, names, width - 2 * MARGIN))
        y += 18
    return shapes, y + 12


def _bars(spots: Sequence[NodeTasks], y: float, width: float) -> tuple[list[Shape], float]:
    totals: dict[Group, Counter[Condition]] = {}
    for spot in spots:
        for group, counts in spot.groups:
            totals[group] = totals.get(group, Counter()) + counts
    ordered = sorted(
        totals.items(), key=lambda total: (not troubled(total[1]), -total[1].total(), total[0])
    )
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
        shapes.append(
            small(
                MARGIN,
                y,
                f"{len(rest)} more services and versions with {tasks}",
                width - 2 * MARGIN,
            )
        )
        y += 22
    return [*shapes, rule(y - 6, width)], y + 2


def _bar(
    name: str, counts: Counter[Condition], longest: int, y: float, width: float
) -> list[Shape]:
    """A line: the name, a bar of all its tasks, those in trouble in columns, and the sum."""
    left, right = MARGIN + 200, width - MARGIN - 48
    full = right - 3 * 56 - left - 12
    shapes: list[Shape] = [
        Label(MARGIN, y, name, SMALL, INK, most=190),
        Box(left, y - 5, full, 10, FAINT),
    ]
    for condition in Condition:
        part = full * counts[condition] / longest
        if part:
            shapes.append(Box(left, y - 5, part, 10, SIGNS[condition][1]))
            left += part
    for index, condition in enumerate(c for c in TROUBLE if counts[c]):
        x = right - 3 * 56 + index * 56
        shapes += [
            Sign(x + 8, y, 5, *SIGNS[condition]),
            Label(x + 18, y, str(counts[condition]), SMALL, INK),
        ]
    return [*shapes, Label(width - MARGIN, y, str(counts.total()), SMALL, INK, align=Align.RIGHT)]
