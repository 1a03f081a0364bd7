"""The timeline of a rollout: for each slot when its old task stopped and its new one was up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.model import File, Outcome, Rollout
from bot.model.english import plural, seconds
from bot.model.picture import Align, Box, Label, Line, Mark, Shape, Sheet, Sign
from bot.render.causes import cause_words
from bot.render.picture.atoms import (
    BELOW,
    BLUE,
    EDGE,
    FAINT,
    GREEN,
    GREY,
    INK,
    MARGIN,
    PALE_BLUE,
    RED,
    SMALL,
    SOFT,
    alt,
    heading,
    line_of,
    room,
    rule,
    sheet,
    small,
)
from bot.render.picture.tracks import Part, Track, followed, told_apart
from bot.render.slack.blocks import familiar
from bot.render.slack.text import shortened

MOST_ROWS = 30
"""Of more slots than this, those that failed come first, and the rest are counted."""
_WIDTH, _NAMES, _ENDS, _ROW = 560.0, 118.0, 92.0, 26.0


def picture(outcome: Outcome) -> File | None:
    """The timeline of an ended rollout; None where no task did anything."""
    rollout = outcome.rollout
    if rollout is None or not outcome.steps:
        return None
    took = max(outcome.seconds, 1.0)
    tracks = followed(outcome.steps, rollout, took)
    title = (
        f"{shortened(line_of(rollout.service), 60)} · {outcome.ending} · {seconds(outcome.seconds)}"
    )
    return File(
        "timeline.png",
        _drawn(tracks, title, _small_print(outcome), took),
        f"Timeline of {title}",
        _described(tracks, outcome),
    )


def _described(tracks: Sequence[Track], outcome: Outcome) -> str:
    rollout = outcome.rollout
    assert rollout is not None
    name = shortened(line_of(rollout.service), 60)
    head = (
        f"Timeline of {name}: {outcome.ending} after {seconds(outcome.seconds)}, "
        f"{plural(len(tracks), 'place')}."
    )
    head += f" {_small_print(outcome)}."
    return alt(head, [_track_words(track) for track in _shown_first(tracks)])


def _small_print(outcome: Outcome) -> str:
    """The first cause, where it failed, and the images before and after."""
    rollout, progress = outcome.rollout, outcome.progress
    assert rollout is not None
    findings = progress.findings if progress else ()
    text = cause_words(findings[0].cause).text if findings else ""
    cause = f"{text} on {findings[0].node}" if findings and findings[0].node else text
    change = (
        f"{familiar(rollout.before)} → {_target(rollout)}" if told_apart(rollout) else rollout.verb
    )
    return " · ".join(part for part in (cause, change) if part)


def _target(rollout: Rollout) -> str:
    """The tag alone where the name stays the same."""
    same_name = rollout.before.name == rollout.after.name
    return rollout.after.tag if same_name and rollout.after.tag else familiar(rollout.after)


def _track_words(track: Track) -> str:
    parts = [
        f"old task gone after {seconds(track.stopped)}" if track.stopped is not None else "",
        f"failed {len(track.failures)} times"
        if len(track.failures) > 1
        else "failed once"
        if track.failures
        else "",
        f"up after {seconds(track.up)}" if track.up is not None else "",
        f"back on the old image after {seconds(track.back)}" if track.back is not None else "",
        "not up" if track.spans and track.spans[-1].part in (Part.STARTING, Part.NONE) else "",
        track.error,
    ]
    events = ", ".join(part for part in parts if part) or (
        "unchanged" if track.spans else "not seen"
    )
    place = f" on {track.node}" if track.node and track.node != track.key else ""
    return f"{track.key}{place}: {events}"


def _shown_first(tracks: Sequence[Track]) -> list[Track]:
    """The tracks by number; where they are too many, those that failed come first."""
    if len(tracks) <= MOST_ROWS:
        return list(tracks)
    return sorted(tracks, key=lambda track: not track.failures)


# ---- shapes


def _drawn(tracks: Sequence[Track], title: str, small_print: str, took: float) -> Sheet:
    shown = _shown_first(tracks)[:MOST_ROWS]
    shapes, top = heading(title, small_print, _WIDTH), BELOW + 6
    left, right = MARGIN + _NAMES, _WIDTH - MARGIN - _ENDS
    scale = (right - left) / took
    bottom = top + len(shown) * _ROW
    for tick in _ticks(took):
        x = left + tick * scale
        shapes += [
            Line(x, top - 4, x, bottom, FAINT),
            small(x, bottom + 12, seconds(tick), 60, Align.CENTER),
        ]
    for index, track in enumerate(shown):
        shapes += _row(track, top + (index + 0.5) * _ROW, left, scale)
    shapes.append(Line(left, bottom, right, bottom, EDGE))
    y = bottom + 24
    rest = _shown_first(tracks)[MOST_ROWS:]
    if rest:
        shapes.append(small(MARGIN, y + 8, _counted(rest), _WIDTH - 2 * MARGIN))
        y += 24
    return sheet([*shapes, *_key(y + 12)], _WIDTH, y + 24 + MARGIN)


def _row(track: Track, y: float, left: float, scale: float) -> list[Shape]:
    shapes: list[Shape] = [Label(MARGIN, y, track.key, SMALL, INK, bold=True, most=_NAMES - 10)]
    if track.node not in ("", track.key):
        shapes = [
            Label(MARGIN + 24, y, track.key, SMALL, INK, bold=True, align=Align.RIGHT, most=24),
            Label(MARGIN + 32, y, track.node, SMALL, INK, most=_NAMES - 42),
        ]
    for span in track.spans:
        shapes += _span(
            span.part, left + span.start * scale, y, max(2.0, (span.end - span.start) * scale)
        )
    shapes += [Sign(left + at * scale, y, 6, Mark.CROSS, RED) for at in track.failures[-12:]]
    word, colour = _end(track)
    return [
        *shapes,
        Label(_WIDTH - MARGIN, y, word, SMALL, colour, align=Align.RIGHT, most=_ENDS - 8),
    ]


def _span(part: Part, x: float, y: float, width: float) -> list[Shape]:
    """Thin is old, hollow is starting, full is up: shapes say what colours say."""
    match part:
        case Part.OLD:
            return [Box(x, y - 3, width, 6, GREY)]
        case Part.STARTING:
            return [Box(x + 0.5, y - 6.5, max(1.5, width - 1), 13, PALE_BLUE, BLUE)]
        case Part.NEW:
            return [Box(x, y - 7, width, 14, GREEN)]
        case Part.NONE:
            return [Line(x, y, x + width, y, GREY, 1.0, dashed=True)]


def _end(track: Track) -> tuple[str, str]:
    if track.up is not None:
        return f"up {seconds(track.up)}", GREEN
    if track.back is not None:
        return f"back {seconds(track.back)}", INK
    last = track.spans[-1].part if track.spans else Part.OLD
    return ("unchanged", SOFT) if last is Part.OLD else ("not up", RED)


def _counted(rest: Sequence[Track]) -> str:
    """The slots without a row, in one line."""
    ends = Counter(
        _end(track)[0].split(" ")[0] if track.up or track.back else _end(track)[0] for track in rest
    )
    last = max((track.up or 0.0 for track in rest), default=0.0)
    words = [
        f"{count} {word}" + (f", the last after {seconds(last)}" if word == "up" else "")
        for word, count in ends.items()
    ]
    return f"{plural(len(rest), 'more place')}: {' · '.join(words)}"


def _key(y: float) -> list[Shape]:
    shapes: list[Shape] = [rule(y - 14, _WIDTH)]
    x = MARGIN
    for part in (Part.OLD, Part.NONE, Part.STARTING, Part.NEW):
        shapes += [*_span(part, x, y, 18), Label(x + 24, y, part, SMALL, SOFT)]
        x += 24 + room(part, SMALL) + 14
    return [
        *shapes,
        Sign(x + 6, y, 6, Mark.CROSS, RED),
        Label(x + 18, y, "task failed", SMALL, SOFT),
    ]


def _ticks(took: float) -> list[float]:
    """Round times, about five of them, in seconds."""
    rounds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
    step = next((length for length in rounds if took / length <= 6), took / 5)
    return [step * index for index in range(int(took / step) + 1)]
