"""Finds what a bot that is gone has left behind.

These are rollouts that nobody follows, and changes that never began.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial

from bot.command.model import Context
from bot.errors import LockedError, StoreUnavailableError
from bot.log_ids import bound
from bot.model import Actor, Rollout
from bot.model.audit import AuditEntry, IntentState
from bot.model.batch import Batch
from bot.pipeline.execution import ChangeExecutor
from bot.pipeline.interrupted import InterruptedChanges
from bot.store.lease import Lease
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
            go_on = partial(self.executor.adopt_batch, batch, self.context(batch.actor))
            self._take_up(batch, batch.plan.targets, go_on)
        parts = {batch.id for batch in batches}
        for rollout in self.store.rollouts.running():
            if rollout.part_of not in parts:
                go_on = partial(self.executor.adopt, rollout)
                self._take_up(rollout, (f"service:{rollout.service_id}",), go_on)

    def _take_up(
        self, left: Rollout | Batch, targets: Sequence[str], go_on: Callable[[], None]
    ) -> None:
        """Go on with what nobody follows; forget what has ended though its record says that it
        runs."""
        if any(map(self._is_followed, targets)):
            return
        state = self.store.replays.state_of(left.audit, left.started)
        if state is IntentState.OPEN:
            with bound(actor=left.actor.id, audit=left.audit, rollout=left.id):
                log.info("going on with %s", left.id)
                self.pool.submit(go_on)
        elif state is IntentState.ENDED:
            with suppress(LockedError), self._locked(targets, left.actor):
                self.interrupted.forget(left)

    def _is_followed(self, target: str) -> bool:
        # After an outage of Redis a lease may have run out whose holder, this bot, is about to
        # renew it.
        return self.store.locks.has_lease(target) or self.store.locks.of(target) is not None

    def _conclude(self) -> None:
        followed = {rollout.audit for rollout in self.store.rollouts.running()}
        followed |= {batch.audit for batch in self.store.batches.running()}
        for entry in self.store.audit.open_intents():
            # Records of an older swarmbot know it by its number.
            if followed.isdisjoint((entry.reference, entry.id)) and self._is_old(entry):
                self._interrupted(entry)

    def _is_old(self, entry: AuditEntry) -> bool:
        return self.store.ages.of("intent", entry.reference) > YOUNG_INTENT

    def _interrupted(self, entry: AuditEntry) -> None:
        """Close it under its locks: a bot that had them cannot go on with it afterwards."""
        targets = [str(target) for target in entry.plan.get("targets", ())]
        with (
            bound(actor=entry.actor.id, audit=entry.reference),
            suppress(LockedError),
            self._locked(targets, entry.actor) as lease,
        ):
            self.interrupted.end(entry, self.context(entry.actor), lease.fence)

    def _locked(self, targets: Sequence[str], actor: Actor) -> AbstractContextManager[Lease]:
        return self.store.locks.acquire(targets, actor.name, "look after it")
