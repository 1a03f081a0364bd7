"""Looks after requests for approval.

It reminds, lets them expire, and takes up what a bot that is gone left behind.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.errors import StoreUnavailableError
from bot.model.approval import Approval
from bot.pipeline.approvals import ApprovalFlow
from bot.policy import approval_steps
from bot.store.store import Store

YOUNG_CLAIM = 15.0
"""Seconds: what was taken this recently may just be about to begin; also longer than a lock
outlives its bot."""


@dataclass(frozen=True)
class ApprovalUpkeep:
    """One round over everything that waits or was taken.

    `resume` takes an approved request to its run.
    """

    store: Store
    approvals: ApprovalFlow
    resume: Callable[[Approval], None]
    pool: Executor
    now: Callable[[], datetime]

    def run(self) -> None:
        """With Redis away there is nothing to look after."""
        try:
            self._expire()
            self._remind()
            self._take_up()
            self._give_up()
        except StoreUnavailableError:
            return

    def remember(self) -> None:
        """Write down what this bot alone knows because Redis was away, and say what Redis lost.

        Slack told it alone, and Redis may have lost all that the others know, so every bot does
        this.
        """
        with suppress(StoreUnavailableError):
            self.approvals.remember()
            self.approvals.notice_lost()

    def _expire(self) -> None:
        for due in self.store.approvals.due(self.now()):
            ended = self.store.approvals.apply(
                due.id, lambda approval: approval_steps.expire(approval, self.now())
            )
            if ended:
                self.approvals.ended(ended)

    def _remind(self) -> None:
        for waiting in self.store.approvals.open():
            self.approvals.show_again(waiting)
            reminded = self.store.approvals.apply(
                waiting.id, lambda approval: approval_steps.remind(approval, self.now())
            )
            if reminded:
                self.approvals.remind(reminded)

    def _take_up(self) -> None:
        for approved in self.store.approvals.approved():
            self.pool.submit(self.resume, approved)

    def _give_up(self) -> None:
        """End what a bot took and left.

        A rollout that somebody follows ends by itself, and what had begun is ended by
        `jobs.orphans`; anything else is told as it is.
        """
        followed = {rollout.id for rollout in self.store.rollouts.running()}
        followed |= {batch.id for batch in self.store.batches.running()}
        begun = {entry.request for entry in self.store.audit.open_intents()}
        for taken in self.store.approvals.claimed():
            young = self.store.ages.of("claim", taken.id) < YOUNG_CLAIM
            if (
                young
                or taken.run in followed
                or taken.id in begun
                or any(self.store.locks.of(target) for target in taken.plan.targets)
            ):
                continue
            result = "ended" if taken.run else "did not run"
            finish = partial(approval_steps.finish, result=result, now=self.now())
            ended = self.store.approvals.apply(taken.id, finish)
            if ended:
                self._tell(ended)

    def _tell(self, taken: Approval) -> None:
        if taken.run and self.store.rollouts.get(taken.run):
            return
        self.approvals.abandoned(taken)
