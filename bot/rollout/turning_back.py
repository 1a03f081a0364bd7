"""When a rollback is tried again that could not be sent, and when never more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.errors import EngineRefusedError
from bot.model import Finding, Progress

FIRST_SECONDS = 0.5
MOST_SECONDS = 30.0
REFUSED_FOR_GOOD = range(400, 500)
"""Statuses of an engine that says the same however often it is asked."""


@dataclass
class TurningBack:
    """The tries to roll one rollout back: each later than the one before, none after a refusal."""

    monotonic: Callable[[], float]
    refusal: str = ""
    causes: tuple[Finding, ...] = ()
    """Why it was turned back, which nothing shows any more once its tasks are gone."""
    _pause: float = FIRST_SECONDS
    _due: float = float("-inf")

    @property
    def is_due(self) -> bool:
        """Whether to try it now."""
        return not self.refusal and self.monotonic() >= self._due

    def later(self) -> None:
        """Try again, after a longer pause each time."""
        self._due = self.monotonic() + self._pause
        self._pause = min(2 * self._pause, MOST_SECONDS)

    def refused(self, error: EngineRefusedError) -> None:
        """Try again only where the engine may change its mind."""
        if error.status in REFUSED_FOR_GOOD:
            self.refusal = error.reason
        else:
            self.later()

    def explained(self, progress: Progress) -> Progress:
        """The progress with the engine's refusal, and with why it was turned back."""
        progress = replace(progress, findings=progress.findings or self.causes)
        return replace(progress, refusal=self.refusal) if self.refusal else progress
