"""The one message of a change in its channel.

It is posted when there is something to see, and then edited in place to the end.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import StoreUnavailableError, SwarmbotError
from bot.model import (
    Actor,
    Ending,
    Message,
    MessageRef,
    MessageState,
    Outcome,
    Phase,
    Plan,
    Progress,
    Rollout,
)
from bot.model.delivery import PendingMessage
from bot.model.sent_command import ENDINGS
from bot.pipeline.command_reports import CommandReports, failure_of
from bot.poster import Elsewhere, Handle, Poster
from bot.render import plans, unreachable
from bot.render.errors import explain
from bot.render.rollout import details, rollout_message
from bot.store.store import Store

PATIENCE_SECONDS = 120.0
"""Who asked has turned to something else after these seconds, and is notified of the end."""

log = logging.getLogger(__name__)


@dataclass
class LiveMessage:
    """Shows one change. After a restart it goes on with `message`.

    `about` names it among all messages, `fence` is that of the lease under which it is shown.
    Where its channel takes nothing any more, it goes on in the direct messages of whom the `actor`,
    who asked for it, calls, and who are notified of a bad end, and of any end that they had to
    wait for.
    `taken_up`: another bot began it, so that nobody waits for an answer.
    """

    poster: Poster
    store: Store
    reports: CommandReports
    actor: Actor
    channel: str
    thread: str
    run_id: str
    now: Callable[[], datetime]
    about: str
    fence: int
    message: Handle | MessageRef | None = None
    rollout: Rollout | None = None
    footer: str = ""
    taken_up: bool = False
    _number: int = 0
    _reported: tuple[Phase, int, int] | None = None
    _end: Message | None = None

    def show(self, rollout: Rollout, progress: Progress) -> None:
        """Show where the rollout stands."""
        self.rollout = rollout
        message = rollout_message.rolling(rollout, progress, self.now())
        self._put(message)
        step = (progress.phase, progress.done, progress.total)
        if step != self._reported:
            # The log of a build needs no line for each second that passes.
            self._reported = step
            self.reports.running(self.actor, message, self.fence)

    def tell(self, message: Message) -> None:
        """Show how far a change has come that is no rollout of a service."""
        self._put(message)
        self.reports.running(self.actor, message, self.fence)

    def keep_end(self, outcome: Outcome, plan: Plan | None) -> None:
        """Have it shown how it ended, also where this bot ends before it can.

        Raises StoreUnavailableError.
        """
        ending = self._ending(outcome, plan)
        if ending:
            ref = self.message.ref if isinstance(self.message, Handle) else self.message
            self.store.deliveries.keep(PendingMessage(ending, self.channel, self.thread, ref))
            reply = self._reply(outcome, ending)
            if reply:
                self.store.deliveries.keep(
                    PendingMessage(reply, self.channel, self.thread, reply_to=self.about)
                )

    def ended(self, outcome: Outcome, plan: Plan | None) -> None:
        """Show how it ended, with the details in the thread."""
        ending = self._ending(outcome, plan)
        self._report_end(outcome, ending or Message(outcome.title))
        if not ending:
            return
        self.rollout = outcome.rollout or self.rollout
        handle = self._put(ending, final=True)
        reply = self._reply(outcome, ending)
        if reply:
            self.poster.reply(handle, reply)

    def _reply(self, outcome: Outcome, ending: Message) -> Message | None:
        """What belongs into the thread of the end; None where that is nothing."""
        called = self._called(outcome)
        if not outcome.rollout and not called:
            return None
        told = (
            details.details(outcome, called) if outcome.rollout else plans.calling(ending, called)
        )
        state = MessageState(f"{self.about}-details", self.fence, 1, final=True)
        return replace(told, state=state)

    def failed(self, error: Exception) -> bool:
        """Show why it could not go on.

        False where nothing was shown yet, so that only who asked needs to know.
        """
        if self.rollout is None and self.message is None and not self.taken_up:
            return False
        known = error if isinstance(error, SwarmbotError) else None
        ending = (
            rollout_message.failed(self.rollout, known)
            if self.rollout
            else explain.explain(known or SwarmbotError())
        )
        self.reports.ended(self.actor, failure_of(known), ending)
        handle = self._put(ending, final=True)
        if self.actor.called:
            self.poster.reply(handle, plans.calling(ending, self.actor.called))
        return self.rollout is not None or known is not None

    def leave(self) -> None:
        """Another bot goes on with it: this message is to be the one in which it does."""
        if isinstance(self.message, Handle):
            self.poster.leave(self.message)

    def _report_end(self, outcome: Outcome, ending: Message) -> None:
        if outcome.waits:
            self.reports.waits(self.actor, ending)
        else:
            self.reports.ended(self.actor, ENDINGS[outcome.ending], ending)

    def _called(self, outcome: Outcome) -> tuple[str, ...]:
        bad = outcome.ending not in (Ending.DONE, Ending.UNFOLLOWED)
        waited = outcome.seconds > PATIENCE_SECONDS
        return self.actor.called if bad or waited else ()

    def _ending(self, outcome: Outcome, plan: Plan | None) -> Message | None:
        if outcome.private or not (outcome.rollout or plan):
            return None
        if self._end is None:
            told = (
                rollout_message.ended(outcome)
                if outcome.rollout or not plan
                else plans.ended(plan, outcome, self.footer)
            )
            self._end = self._numbered(told, final=True)
        return self._end

    def _numbered(self, told: Message, *, final: bool) -> Message:
        self._number += 1
        return replace(told, state=MessageState(self.about, self.fence, self._number, final))

    def _put(self, told: Message, final: bool = False) -> Handle:
        content = told if told.state else self._numbered(told, final=final)
        elsewhere = (
            Elsewhere(self.actor.called, unreachable.said_here, unreachable.file_refused)
            if self.actor.called
            else None
        )
        if self.message is None:
            self.message = self.poster.post(
                self.channel, content, self.thread, self._posted, elsewhere=elsewhere
            )
            return self.message
        self.message = self.poster.edit(
            self.message, content, final, self._posted, elsewhere=elsewhere
        )
        return self.message

    def _posted(self, ref: MessageRef) -> None:
        try:
            self.store.rollouts.posted(self.run_id, ref)
        except StoreUnavailableError:
            log.warning("the message of %s could not be remembered: Redis is away", self.run_id)
