"""Who wishes a rollout back, what is sent for it, and when that is tried again or never more."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import (
    NO_MANAGER,
    EngineRefusedError,
    OutcomeUnknownError,
    OutOfSequenceError,
    StoreUnavailableError,
    UnknownNameError,
)
from bot.model import Finding, Phase, Progress, ResolvedImage, Rollout, Service, Spec
from bot.model.rollout import BOT
from bot.rollout.run import Run
from bot.store.store import Store
from bot.swarm.spec.edit import fingerprint, image_of, with_image
from bot.swarm.swarm import Swarm

log = logging.getLogger(__name__)

FIRST_SECONDS = 0.5
MOST_SECONDS = 30.0
STOPPED = (Phase.PAUSED, Phase.COMPLETED, Phase.TIMED_OUT)
"""Where a rollout ends unless somebody wishes it back."""
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


@dataclass(frozen=True)
class RollbackSender:
    """Knows who wishes a rollout back, and asks Swarm for it."""

    swarm: Swarm
    store: Store
    now: Callable[[], datetime]

    def wish(self, rollout: Rollout, progress: Progress) -> str:
        """Who wishes it back while it still stands where it was posted; empty where nobody does.

        Where Swarm paused it, and at the deadline, the bot does, where it was promised. A wish of
        the last moment counts; whoever comes once nobody wishes it back is told that it has ended.
        """
        if progress.phase not in (Phase.ROLLING, *STOPPED):
            return ""
        if rollout.rollback_by:
            return "" if progress.phase is Phase.TIMED_OUT else rollout.rollback_by
        with suppress(StoreUnavailableError):
            return self._asked(rollout, progress)
        return BOT if self._promised(rollout, progress) else ""

    def _asked(self, rollout: Rollout, progress: Progress) -> str:
        person = self.store.rollouts.rollback_wish(rollout.id)
        if person is None and self._promised(rollout, progress):
            return BOT
        if person is None and progress.phase.ended and not self.store.rollouts.settle(rollout.id):
            person = self.store.rollouts.rollback_wish(rollout.id)
        return person.name if person else ""

    def _promised(self, rollout: Rollout, progress: Progress) -> bool:
        return rollout.rolls_back and progress.phase in (Phase.PAUSED, Phase.TIMED_OUT)

    def send(
        self, rollout: Rollout, by: str, progress: Progress, run: Run, turning: TurningBack
    ) -> Rollout:
        """Ask Swarm for the previous specification; what keeps it from that is tried again later.

        Who asked is written down before it is sent, so that its effect is never taken for a change
        from outside, whoever sees it.
        """
        try:
            service = self.swarm.services.get(rollout.service_id)
            if fingerprint(service.spec) != rollout.spec_hash:
                # It is done, or somebody changed the service: the next look shows which.
                return rollout
            back = _spec_back(rollout, service)
            if rollout.rollback_by != by:
                rollout = self._turned_back(rollout, by, fingerprint(back) if back else "")
                rollout = replace(rollout, causes=_causes(progress))
                self.store.rollouts.save(rollout, run.lease.fence)
            self.swarm.services.update(
                service, back or service.spec, rollback_previous=back is None
            )
        except EngineRefusedError as error:
            turning.refused(error)
        except (
            *NO_MANAGER,
            OutOfSequenceError,
            OutcomeUnknownError,
            StoreUnavailableError,
            UnknownNameError,
        ) as error:
            log.info("%s is not rolled back yet: %r", rollout.service, error)
            turning.later()
        return rollout

    def _turned_back(self, rollout: Rollout, by: str, back_hash: str) -> Rollout:
        """The rollout on its way back; after the deadline it gets as much time once more."""
        deadline, now = rollout.deadline, self.now()
        if now >= deadline:
            deadline = now + (rollout.deadline - rollout.started)
        return replace(rollout, rollback_by=by, back_hash=back_hash, deadline=deadline)


def _causes(progress: Progress) -> tuple[Finding, ...]:
    """Without what the tasks wrote, which may hold secrets."""
    return tuple(replace(finding, log=()) for finding in progress.findings)


def _spec_back(rollout: Rollout, service: Service) -> Spec | None:
    """What to post to go back; None where Swarm's previous specification is what is meant.

    It is another where a paused update was posted again: then that update is the previous one.
    """
    if service.previous and image_of(service.previous) == rollout.before:
        return None
    if rollout.before == rollout.after:
        return None
    return with_image(service.spec, ResolvedImage(rollout.before))
