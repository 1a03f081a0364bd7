"""Runs a change that is decided, under its lock: audit, apply, message and record, in that order.

What a killed bot left is gone on with here as well.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.clock import SteadyClock, Stopping
from bot.command.model import Change, Context
from bot.errors import (
    ApprovalNotFoundError,
    LeaseLostError,
    LockedError,
    StoreUnavailableError,
    SwarmbotError,
    error_code,
)
from bot.metrics import Metrics
from bot.model import Ending, Outcome, Plan, Rollout
from bot.model.approval import Approval
from bot.model.audit import IntentState
from bot.model.batch import Batch
from bot.pipeline import spans
from bot.pipeline.command_reports import CommandReports
from bot.pipeline.decided import Decided
from bot.pipeline.left_messages import LeftMessages
from bot.pipeline.live_message import LiveMessage
from bot.pipeline.under_lease import fenced, run_of
from bot.policy import approval_steps
from bot.poster import Poster
from bot.render.asker import asked_by
from bot.rollout.roller import Roller
from bot.rollout.run import StoppingError
from bot.store.lease import Lease
from bot.store.store import Store

log = logging.getLogger(__name__)

WRITE_AGAIN_SECONDS = 0.5
"""Seconds between two tries to write down what happened, while Redis is away."""
CHANGE = "change"
"""The kind of the ages of changes."""


@dataclass(frozen=True)
class ChangeExecutor:
    """Runs what was decided, under its lock. `left`: what it leaves to others."""

    store: Store
    poster: Poster
    roller: Roller
    metrics: Metrics
    now: Callable[[], datetime]
    stopping: Stopping
    reports: CommandReports
    left: LeftMessages

    def perform(self, decided: Decided, lease: Lease) -> Outcome | None:
        """Run it to its end and return its outcome.

        None where it failed and the channel says so, or the bot is stopping, or the request was
        replaced in the moment before, or another bot does it. Raises what the change raises before
        anything of it was shown.
        """
        if not self.reports.may_go_on(decided.context.actor):
            return None
        clock = SteadyClock(self.now(), self.stopping.monotonic)
        run_id = secrets.token_hex(5)
        audit = decided.intend(clock.now(), run_id)
        with spans.changes(decided, audit, run_id):
            log.info("%s begins", decided.plan.title)
            return self._intended(decided, lease, clock, run_id, audit)

    def adopt(self, rollout: Rollout) -> None:
        """Go on with a rollout whose bot is gone; nothing where another bot was quicker."""
        reason = f"{rollout.verb} {rollout.after}"
        try:
            with (
                self.reports.at(rollout.actor),
                self.store.locks.acquire(
                    [f"service:{rollout.service_id}"], rollout.actor.name, reason
                ) as lease,
                spans.goes_on(rollout),
            ):
                current = self.store.rollouts.unfinished(rollout.id)
                if current:
                    self._adopted(current, lease)
        except (LockedError, StoreUnavailableError, StoppingError):
            return

    def adopt_batch(self, batch: Batch, context: Context) -> None:
        """Go on with a change of several services whose bot is gone, as one."""
        try:
            with (
                self.reports.at(batch.actor),
                self.store.locks.acquire(
                    batch.plan.targets, batch.actor.name, batch.plan.title
                ) as lease,
                spans.goes_on(batch),
            ):
                current = self.store.batches.get(batch.id)
                if current:
                    self._adopted_batch(current, context, lease)
        except (LockedError, StoreUnavailableError, StoppingError):
            return

    # ---- parts

    def _intended(
        self, decided: Decided, lease: Lease, clock: SteadyClock, run_id: str, audit: str
    ) -> Outcome | None:
        """Run what the audit knows of by now, to its end; returns as `perform` does."""
        started = clock.now()
        live = LiveMessage(
            self.poster,
            self.store,
            self.reports,
            decided.context.actor,
            decided.channel,
            decided.thread,
            run_id,
            clock.now,
            decided.approval.about if decided.approval else run_id,
            lease.fence,
            footer=asked_by(decided.context.actor, decided.approvers),
        )
        if not self._take_over_message(decided.approval, live):
            self._record(audit, Ending.FAILED, 0.0, "Replaced")
            return None
        with suppress(StoreUnavailableError):
            # From now on every bot knows how old this change is.
            self.store.ages.of(CHANGE, live.run_id)
        if decided.plan.targets:
            self.reports.began(live.actor, decided.plan.title, audit, live.fence)
        request = decided.approval.id if decided.approval else ""
        run = run_of(live, lease, audit, decided.approvers, request)
        try:
            outcome = decided.command.apply(
                fenced(decided.context, lease, clock), decided.plan, run
            )
        except StoppingError:
            return None
        except Exception as error:
            shown = self._failed(error, live, audit, started)
            self._finish(request, error_code(error))
            if not shown:
                raise
            return None
        self._end(outcome, audit, live, lease, decided.plan)
        self._finish(request, str(outcome.ending))
        return outcome

    def _clock(self, run_id: str, started: datetime) -> SteadyClock:
        """The time of a change that began then, whichever bot began it, and whatever its clock said
        or this one's says: how long ago that was, Redis knows."""
        age = timedelta(seconds=self.store.ages.of(CHANGE, run_id))
        return SteadyClock(started + age, self.stopping.monotonic)

    def _take_over_message(self, approval: Approval | None, live: LiveMessage) -> bool:
        """Show it in the message in which it was asked for.

        False where the request is no longer to be run.
        """
        if approval is None:
            return True
        live.message = approval.message
        begin = partial(approval_steps.begin, run=live.run_id)
        if self.store.approvals.apply(approval.id, begin) is None:
            return False
        if approval.message:
            self.store.rollouts.posted(live.run_id, approval.message)
        return True

    def _failed(self, error: Exception, live: LiveMessage, audit: str, started: datetime) -> bool:
        """Whether the channel knows; where nothing was shown yet, who asked has to be told."""
        if isinstance(error, LeaseLostError) and self._is_gone_on_with(live.run_id):
            # Whoever has the lock found the record and goes on with it, message and audit included.
            self.left.leave(live, partial(live.failed, error))
            return True
        spans.has_failed(error)
        seconds, why = _seconds(started, live), error_code(error)
        log.info("it failed after %.0f s: %s", seconds, why)

        def write() -> None:
            self.store.batches.finish(live.run_id)
            if live.rollout:
                self.roller.close(live.rollout, Ending.FAILED, live.fence)
            self._record(audit, Ending.FAILED, seconds, why)

        if live.failed(error):
            self._insist(write)
            return True
        with suppress(StoreUnavailableError, LeaseLostError):
            write()
        return False

    def _resumed(
        self, left: Rollout | Batch, clock: SteadyClock, lease: Lease, footer: str = ""
    ) -> LiveMessage:
        """The message of what a bot that is gone has left."""
        about = left.shown_as or left.id
        live = LiveMessage(
            self.poster,
            self.store,
            self.reports,
            left.actor,
            left.channel,
            left.thread,
            left.id,
            clock.now,
            about,
            lease.fence,
            footer=footer,
        )
        live.message = self.store.rollouts.message(left.id)
        live.taken_up = True
        return live

    def _adopted(self, rollout: Rollout, lease: Lease) -> None:
        clock = self._clock(rollout.id, rollout.started)
        live = self._resumed(rollout, clock, lease)
        live.rollout = rollout
        run = run_of(live, lease, rollout.audit, rollout.approved_by)
        roller = self.roller.fenced_by(lease, clock)
        outcome = self._gone_on_with(rollout, live, partial(roller.recover, rollout, run))
        if outcome:
            self._end(outcome, rollout.audit, live, lease)

    def _adopted_batch(self, batch: Batch, context: Context, lease: Lease) -> None:
        footer = asked_by(batch.actor, batch.approved_by)
        clock = self._clock(batch.id, batch.started)
        live = self._resumed(batch, clock, lease, footer)
        run = run_of(live, lease, batch.audit, batch.approved_by, batch.request)

        def take_up() -> Outcome:
            command = context.table.by_name[str(batch.command["command"])].model_validate(
                batch.command["flags"]
            )
            assert isinstance(command, Change), "only changes have several parts"
            return command.take_up(fenced(context, lease, clock), batch, run)

        outcome = self._gone_on_with(batch, live, take_up)
        if outcome:
            self._end(outcome, batch.audit, live, lease, batch.plan)
            self._finish(batch.request, str(outcome.ending))

    def _gone_on_with(
        self, left: Rollout | Batch, live: LiveMessage, go_on: Callable[[], Outcome]
    ) -> Outcome | None:
        """How it ended; None where it failed, which is told, or where its record stays for whoever
        takes it up next."""
        try:
            return go_on()
        except (StoppingError, StoreUnavailableError):
            return None
        except Exception as error:
            if not isinstance(error, SwarmbotError):
                log.exception("%s could not be gone on with", left.id)
            failure = error
        self._failed(failure, live, left.audit, left.started)
        if isinstance(left, Batch):
            self._finish(left.request, error_code(failure))
        return None

    def _is_gone_on_with(self, run_id: str) -> bool:
        """Whether another bot goes on with it, or has ended it.

        Not so where Redis has lost all that it had: then no bot trusts what is written there.
        """
        try:
            left = self.store.rollouts.unfinished(run_id) or self.store.batches.get(run_id)
            if left is None:
                return self.store.rollouts.get(run_id) is not None
            return self.store.replays.state_of(left.audit, left.started) is IntentState.OPEN
        except StoreUnavailableError:
            return True

    def _end(
        self,
        outcome: Outcome,
        audit: str,
        live: LiveMessage,
        lease: Lease,
        plan: Plan | None = None,
    ) -> None:
        """Message, record and audit say the same."""

        def write() -> None:
            live.keep_end(outcome, plan)
            if outcome.rollout:
                self.roller.close(outcome.rollout, outcome.ending, lease.fence)
            if not self._record(audit, outcome.ending, outcome.seconds):
                # Whoever took over has told it, unless it is Redis that has lost it.
                lease.check()
            self.store.batches.finish(live.run_id)

        self.metrics.ended(outcome)
        spans.has_ended(outcome)
        log.info("%s: %s after %.0f s", outcome.title, outcome.ending, outcome.seconds)
        # Written before it is shown, for whoever clicks at once has to find the lock about to be
        # free.
        try:
            write()
        except StoreUnavailableError:
            live.ended(outcome, plan)
            self._insist(write)
        except LeaseLostError:
            log.warning("another bot took over meanwhile, and writes down the end")
            self.left.leave(live, partial(live.ended, outcome, plan))
        else:
            live.ended(outcome, plan)

    def _insist(self, write: Callable[[], object]) -> None:
        """Write down what happened, as soon as Redis takes it.

        Where the bot ends before that, the next one finds out.
        """
        while True:
            try:
                write()
            except StoreUnavailableError:
                if not self.stopping.wait(WRITE_AGAIN_SECONDS):
                    continue
            except LeaseLostError:
                log.warning("another bot took over meanwhile, and writes down the end")
            return

    def _finish(self, request: str, result: str) -> None:
        if request:
            finish = partial(approval_steps.finish, result=result, now=self.now())
            # A Redis that lost everything meanwhile has nothing to note it at.
            with suppress(ApprovalNotFoundError):
                self._insist(partial(self.store.approvals.apply, request, finish))

    def _record(self, audit: str, ending: Ending, seconds: float, why: str = "") -> bool:
        """Write down the end; False where somebody did before, or nothing of it is known."""
        outcome = {"ending": ending, "why": why}
        return self.store.audit.conclude(audit, outcome, seconds, self.now())


def _seconds(started: datetime, live: LiveMessage) -> float:
    return (live.now() - started).total_seconds()
