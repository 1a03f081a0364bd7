"""What happened to each place of a service during a rollout, and when people are shown it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.model import Progress, Rollout, Slot, Step
from bot.rollout.run import Run

SHOW_EVERY = 15.0
"""Seconds after which the message is shown anew though nothing moved but the time."""
MOST_STEPS = 2000
"""Older steps of a rollout are forgotten: a service that flaps would make them without end."""


class Steps:
    """What happened to each place of a service, one step a change of state.

    For the thread and the timeline. It also knows when progress is to be shown.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self.seen: list[Step] = []
        self._places: dict[str, Slot] = {}
        self._shown: Progress | None = None
        self._shown_at = 0.0

    def add(self, progress: Progress, at: datetime) -> None:
        """Note every place whose state or image has changed.

        Every task that failed since the first look is noted as well.
        """
        for slot in progress.slots:
            known, failed = self._places.get(slot.key), slot.failed
            if (
                known
                and failed
                and (known.failed is None or known.failed.task_id != failed.task_id)
            ):
                self._places[slot.key] = slot
                self.seen.append(
                    Step(at, slot.key, failed.node, failed.state, failed.image, failed.error)
                )
            if known is None or (known.state, known.image, known.node) != (
                slot.state,
                slot.image,
                slot.node,
            ):
                self._places[slot.key] = slot
                self.seen.append(Step(at, slot.key, slot.node, slot.state, slot.image, slot.error))
        del self.seen[:-MOST_STEPS]

    def show(self, rollout: Rollout, progress: Progress, run: Run) -> None:
        """Show progress that changed, or that was shown a while ago."""
        now = self._monotonic()
        if progress.phase.ended or (progress == self._shown and now - self._shown_at < SHOW_EVERY):
            return
        self._shown, self._shown_at = progress, now
        run.show(rollout, progress)
