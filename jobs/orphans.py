"""Finds what a bot that is gone has left behind.

These are rollouts that nobody follows, and changes that never began.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import LockedError, StoreUnavailableError
from bot.model import Ending
from bot.model.audit import AuditEntry
from bot.pipeline.execution import ChangeExecutor
from bot.store.store import Store

log = logging.getLogger(__name__)

YOUNG_INTENT = timedelta(seconds=30)
"""An intent this young may belong to a change that is just being begun."""


@dataclass(frozen=True)
class Orphans:
    """Goes on with orphaned rollouts, and closes the audit of changes that never began."""

    store: Store
    executor: ChangeExecutor
    pool: Executor
    now: Callable[[], datetime]

    def run(self) -> None:
        """One round. With Redis away there is nothing to find."""
        try:
            self._adopt()
            self._conclude()
        except StoreUnavailableError:
            return

    def _adopt(self) -> None:
        for rollout in self.store.rollouts.running():
            target = f"service:{rollout.service_id}"
            # After an outage of Redis a lease may have run out whose holder, this bot, is about to
            # renew it.
            left = not self.store.locks.has_lease(target) and self.store.locks.of(target) is None
            if left and not self.store.replays.has_ended(rollout.audit, rollout.started):
                log.info("going on with %s of %s", rollout.verb, rollout.service)
                self.pool.submit(self.executor.adopt, rollout)

    def _conclude(self) -> None:
        followed = {rollout.audit for rollout in self.store.rollouts.running()}
        for entry in self.store.audit.open_intents():
            if entry.id not in followed and self.now() - entry.at > YOUNG_INTENT:
                self._interrupted(entry)

    def _interrupted(self, entry: AuditEntry) -> None:
        """Close it under its locks: a bot that had them cannot go on with it afterwards."""
        targets = [str(target) for target in entry.plan.get("targets", ())]
        with (
            suppress(LockedError),
            self.store.locks.acquire(targets, entry.actor.name, "look after it"),
        ):
            self.store.audit.conclude(
                entry.id, {"ending": Ending.FAILED, "why": "Interrupted"}, 0.0, self.now()
            )
