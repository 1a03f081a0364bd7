"""The chart of a service's deploys: when each came, how long it stayed, how its rollout ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bot.model import Ending, File, Revision, Service
from bot.model.english import plural, seconds
from bot.model.picture import Align, Box, Label, Line, Mark, Shape, Sheet, Sign
from bot.model.revisions import FOUND
from bot.render.picture.atoms import (
    AMBER,
    BELOW,
    EDGE,
    FAINT,
    GREEN,
    GREY,
    INK,
    MARGIN,
    RED,
    SMALL,
    SOFT,
    alt,
    heading,
    legend,
    line_of,
    rule,
    sheet,
    small,
)
from bot.render.slack.blocks import familiar
from bot.render.slack.text import shortened

MOST = 12
"""The newest revisions that are drawn."""
_WIDTH, _NAMES, _ENDS, _ROW = 560.0, 158.0, 104.0, 26.0
_SIGNS = {
    "runs now": (Mark.DISC, GREEN),
    "done": (Mark.DISC, GREY),
    "first seen": (Mark.RING, GREY),
    "under way": (Mark.RING, GREEN),
    str(Ending.ROLLED_BACK): (Mark.BACK, AMBER),
    str(Ending.PAUSED): (Mark.SQUARE, AMBER),
    str(Ending.FAILED): (Mark.CROSS, RED),
    str(Ending.TIMED_OUT): (Mark.CROSS, RED),
    str(Ending.SUPERSEDED): (Mark.DIAMOND, GREY),
    str(Ending.UNFOLLOWED): (Mark.SQUARE, GREY),
}
_NOT_KEPT = (Ending.ROLLED_BACK, Ending.FAILED, Ending.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Stay:
    """A revision in the chart.

    `word` is one of those above; the service ran it from `start` to `end`, which is None where it
    did not stay.
    """

    number: int
    name: str
    by: str
    word: str
    start: datetime
    end: datetime | None


def picture(service: Service, revisions: Sequence[Revision], now: datetime) -> File | None:
    """The newest deploys as a chart; None where there are none."""
    if not revisions:
        return None
    stays = stayed(service, revisions, now)[-MOST:]
    count = (
        plural(len(stays), "deploy")
        if len(stays) == len(revisions)
        else f"last {len(stays)} of {len(revisions)} deploys"
    )
    title = f"{shortened(line_of(service.name), 60)} · {count}"
    return File("deploys.png", _drawn(stays, title, now), title, _described(stays, title, now))


def stayed(service: Service, revisions: Sequence[Revision], now: datetime) -> list[Stay]:
    """Each revision with the time for which the service ran it, the oldest first."""
    ordered = sorted(revisions, key=lambda revision: revision.number)
    remaining = [revision for revision in ordered if revision.ending not in _NOT_KEPT]
    current = next(
        (revision.number for revision in reversed(remaining) if revision.image == service.image), 0
    )
    ends = {revision.number: later.at for revision, later in pairwise(remaining)}
    return [
        _stay(revision, current, ends.get(revision.number, now) if revision in remaining else None)
        for revision in ordered
    ]


def _stay(revision: Revision, current: int, end: datetime | None) -> Stay:
    word = revision.ending or ("first seen" if revision.note == FOUND else "under way")
    word = "runs now" if revision.number == current and word != "under way" else word
    short = (
        familiar(revision.image).rpartition("/")[2]
        if revision.image.tag
        else f"@{revision.image.short_digest}"
    )
    return Stay(
        revision.number, line_of(short), line_of(revision.by), line_of(word), revision.at, end
    )


def _described(stays: Sequence[Stay], title: str, now: datetime) -> str:
    return alt(
        f"Chart: {title}, the newest first.", [_stay_words(stay, now) for stay in reversed(stays)]
    )


def _stay_words(stay: Stay, now: datetime) -> str:
    by = f" by {stay.by}" if stay.by else ""
    duration = (
        f", in place for {seconds((stay.end - stay.start).total_seconds())}" if stay.end else ""
    )
    return (
        f"{stay.number}: {stay.name}, {stay.word}, {seconds((now - stay.start).total_seconds())} "
        f"ago{by}{duration}"
    )


# ---- shapes


def _drawn(stays: Sequence[Stay], title: str, now: datetime) -> Sheet:
    start = min(stay.start for stay in stays)
    took = max((now - start).total_seconds(), 60.0)
    shapes, top = heading(title, _summary(stays), _WIDTH), BELOW + 6
    left, right = MARGIN + _NAMES, _WIDTH - MARGIN - _ENDS
    scale = (right - left) / took
    bottom = top + len(stays) * _ROW
    for at, word in _ticks(start, now):
        x = left + (at - start).total_seconds() * scale
        shapes += [
            Line(x, top - 4, x, bottom, FAINT),
            small(x, bottom + 12, word, 80, Align.CENTER),
        ]
    for index, stay in enumerate(reversed(stays)):
        y = top + (index + 0.5) * _ROW
        x = left + (stay.start - start).total_seconds() * scale
        shapes += _row(
            stay, x, y, (((stay.end or stay.start) - stay.start).total_seconds()) * scale
        )
    shapes.append(Line(left, bottom, right, bottom, EDGE))
    words = dict.fromkeys(stay.word for stay in reversed(stays))
    keys, y = legend([(*_sign(word), word) for word in words], bottom + 34, _WIDTH)
    return sheet([*shapes, rule(bottom + 26, _WIDTH), *keys], _WIDTH, y + MARGIN - 4)


def _row(stay: Stay, x: float, y: float, width: float) -> list[Shape]:
    mark, colour = _sign(stay.word)
    number = str(stay.number)
    bar = [
        Box(
            x, y - 3, max(width, 1.0), 6, colour if stay.word in ("runs now", "under way") else GREY
        )
    ]
    return [
        Label(MARGIN + 22, y, number, SMALL, INK, bold=True, align=Align.RIGHT),
        Label(MARGIN + 30, y, stay.name, SMALL, INK, most=_NAMES - 44),
        *(bar if stay.end else []),
        Sign(x, y, 6, mark, colour),
        Label(
            _WIDTH - MARGIN,
            y,
            stay.by or stay.word,
            SMALL,
            SOFT,
            align=Align.RIGHT,
            most=_ENDS - 16,
        ),
    ]


def _sign(word: str) -> tuple[Mark, str]:
    return _SIGNS.get(word, (Mark.DIAMOND, GREY))


def _summary(stays: Sequence[Stay]) -> str:
    """What runs now, and how many revisions did not stay."""
    current = next((stay for stay in reversed(stays) if stay.word == "runs now"), None)
    not_kept = sum(stay.end is None for stay in stays)
    parts = [
        f"{current.number} {current.name} runs now" if current else "none of these runs now",
        f"{not_kept} did not stay" if not_kept else "",
        "times in UTC",
    ]
    return " · ".join(part for part in parts if part)


def _ticks(start: datetime, now: datetime) -> list[tuple[datetime, str]]:
    """Round times between the first deploy and now, in UTC."""
    took = max((now - start).total_seconds(), 60.0)
    rounds = [
        60,
        300,
        900,
        1800,
        3600,
        3 * 3600,
        6 * 3600,
        12 * 3600,
        *(86400 * days for days in (1, 2, 7, 14, 30, 90, 365)),
    ]
    step = next((length for length in rounds if took / length <= 4), took / 4)
    first = datetime.fromtimestamp((start.timestamp() // step + 1) * step, UTC)
    form = "%H:%M" if step < 12 * 3600 else "%d %b" if step < 365 * 86400 else "%b %Y"
    times = [first + timedelta(seconds=step * index) for index in range(int(took / step) + 1)]
    return [(at, f"{at:{form}}") for at in times if at <= now]
