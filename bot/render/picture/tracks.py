"""What each slot did during a rollout: when its old task stopped, and when the new one was up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model import Rollout, Step, TaskState
from bot.model.natural import natural
from bot.render.picture.atoms import line_of


class Part(StrEnum):
    """What a slot had for a while."""

    OLD = "old task"
    NONE = "no task"
    STARTING = "new task starts"
    NEW = "new task is up"


_CREATE = "service create"
_FIRST_LOOK_SECONDS = 3.0
"""A first look within these seconds shows what ran before; after a restart of the bot it is later.
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A part from one second to another, counted from the start."""

    part: Part
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Track:
    """One slot.

    `spans` are in order, `failures` the seconds at which tasks failed, and `node` is where it
    ended.
    """

    key: str
    node: str
    spans: tuple[Span, ...]
    failures: tuple[float, ...] = ()
    error: str = ""

    @property
    def stopped(self) -> float | None:
        """The second at which the old task was gone; None where it was not."""
        return next((span.end for span in self.spans[:-1] if span.part is Part.OLD), None)

    @property
    def up(self) -> float | None:
        """The second from which the new task was up until the end; None where it is not up."""
        return self._last(Part.NEW)

    @property
    def back(self) -> float | None:
        """The second from which the old specification ran again; None where it does not."""
        return self._last(Part.OLD) if len(self.spans) > 1 else None

    def _last(self, part: Part) -> float | None:
        last = self.spans[-1] if self.spans else None
        return last.start if last and last.part is part else None


def followed(steps: Sequence[Step], rollout: Rollout, took: float) -> tuple[Track, ...]:
    """The steps as tracks, one for each slot, sorted by number or name.

    `took` is the rollout's length in seconds.
    """
    places: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda step: step.at):
        places.setdefault(step.key, []).append(step)
    first = min((step.at for step in steps), default=rollout.started)
    return tuple(_track(places[key], rollout, took, first) for key in sorted(places, key=natural))


def _track(steps: Sequence[Step], rollout: Rollout, took: float, first: datetime) -> Track:
    """What one slot did. A slot that was missing at the first look had no task before."""
    times = [*(_after(step, rollout, took) for step in steps), took]
    spans: list[Span] = []
    failures: list[float] = []
    replaced = rollout.verb == _CREATE or steps[0].at > first
    for index, step in enumerate(steps):
        replaced = replaced or step.state != TaskState.RUNNING
        part = _part(step, rollout, replaced)
        if step.state.lost:
            failures.append(times[index])
        if times[index] == times[index + 1] and index + 1 < len(steps):
            continue
        start = spans.pop().start if spans and spans[-1].part is part else times[index]
        spans.append(Span(part, start, times[index + 1]))
    if steps[0].at == first and _had_tasks(rollout) and times[0] <= _FIRST_LOOK_SECONDS:
        start = spans.pop(0).end if spans[0].part is Part.OLD else times[0]
        spans.insert(0, Span(Part.OLD, 0.0, start))
    error = next((step.error for step in reversed(steps) if step.error), "")
    return Track(
        line_of(steps[0].key),
        line_of(steps[-1].node),
        tuple(spans),
        tuple(failures),
        line_of(error),
    )


def _had_tasks(rollout: Rollout) -> bool:
    """Whether every slot ran something before the rollout."""
    return rollout.verb != _CREATE and not any(
        change.field.lstrip("-") == "replicas" for change in rollout.changes
    )


def _after(step: Step, rollout: Rollout, took: float) -> float:
    return min(took, max(0.0, (step.at - rollout.started).total_seconds()))


def _part(step: Step, rollout: Rollout, replaced: bool) -> Part:
    """A task is new by its image or, where that stays the same, by having started while watched."""
    if step.state.terminal and step.state != TaskState.COMPLETE:
        return Part.NONE
    if step.state not in (TaskState.RUNNING, TaskState.COMPLETE):
        return Part.STARTING
    by_image = rollout.verb != _CREATE and told_apart(rollout)
    is_new = step.image == (rollout.after.tag or rollout.after.tagged) if by_image else replaced
    return Part.NEW if is_new else Part.OLD


def told_apart(rollout: Rollout) -> bool:
    """Whether a task's image shows if it is old or new."""
    before, after = rollout.before, rollout.after
    return (before.tag or before.tagged) != (after.tag or after.tagged)
