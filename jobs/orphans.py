"""Finds what a bot that is gone has left behind.

These are rollouts that nobody follows, and changes that never began.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass

from bot.command.model import Context
from bot.errors import LockedError, StoreUnavailableError
from bot.model import Actor
from bot.model.audit import AuditEntry
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.interrupted import InterruptedChanges
from bot.store.store import Store

log = logging.getLogger(__name__)

YOUNG_INTENT = 30.0
"""Seconds: an intent this young may belong to a change that is just being begun."""


@dataclass(frozen=True)
class Orphans:
    """Goes on with orphaned rollouts, and closes the audit of changes that never began.

    `context` has what a command may use for whoever asked for it.
    """

    store: Store
    executor: ChangeExecutor
    interrupted: InterruptedChanges
    pool: Executor
    context: Callable[[Actor], Context]

    def run(self) -> None:
        """One round. With Redis away there is nothing to find."""
        try:
            self._adopt()
            self._conclude()
        except StoreUnavailableError:
            return

    def _adopt(self) -> None:
        batches = self.store.batches.running()
        for batch in batches:
            left = not any(map(self._is_followed, batch.plan.targets))
            if left and not self.store.replays.has_ended(batch.audit, batch.started):
                log.info("going on with %s", batch.plan.title)
                self.pool.submit(self.executor.adopt_batch, batch, self.context(batch.actor))
        parts = {batch.id for batch in batches}
        for rollout in self.store.rollouts.running():
            target = f"service:{rollout.service_id}"
            left = rollout.part_of not in parts and not self._is_followed(target)
            if left and not self.store.replays.has_ended(rollout.audit, rollout.started):
                log.info("going on with %s of %s", rollout.verb, rollout.service)
                self.pool.submit(self.executor.adopt, rollout)

    def _is_followed(self, target: str) -> bool:
        # After an outage of Redis a lease may have run out whose holder, this bot, is about to
        # renew it.
        return self.store.locks.has_lease(target) or self.store.locks.of(target) is not None

    def _conclude(self) -> None:
        followed = {rollout.audit for rollout in self.store.rollouts.running()}
        followed |= {batch.audit for batch in self.store.batches.running()}
        for entry in self.store.audit.open_intents():
            if entry.id not in followed and self._is_old(entry):
                self._interrupted(entry)

    def _is_old(self, entry: AuditEntry) -> bool:
        return self.store.ages.of("intent", entry.id) > YOUNG_INTENT

    def _interrupted(self, entry: AuditEntry) -> None:
        """Close it under its locks: a bot that had them cannot go on with it afterwards."""
        targets = [str(target) for target in entry.plan.get("targets", ())]
        with (
            suppress(LockedError),
            self.store.locks.acquire(targets, entry.actor.name, "look after it") as lease,
        ):
            self.interrupted.end(entry, self.context(entry.actor), lease.fence)
