"""Asking for approval: the request, its message, and what comes of it when somebody decides."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from bot import traces
from bot.command import masking
from bot.command.model import Change, Table
from bot.errors import (
    LockedError,
    StandingUnknownError,
    StoreUnavailableError,
    SwarmbotError,
    error_code,
)
from bot.log_ids import bound
from bot.model import Actor, File, Message, MessageRef, MessageState, Plan
from bot.model.approval import Approval, ApprovalState, Needs
from bot.model.sent_command import SentEnding
from bot.pipeline import rights
from bot.pipeline.command_reports import CommandReports, ending_of
from bot.policy import approval_steps, decide
from bot.poster import Elsewhere, Poster
from bot.render import approval_message, approval_rows, unreachable
from bot.settings import Settings
from bot.store.sealed import KEPT
from bot.store.store import Store

log = logging.getLogger(__name__)

SHOW_AGAIN = 60.0
"""Seconds between two tries to show what Slack has not got of a request."""
SHOWN_LATE = 30.0
"""Seconds: whoever was to show a state of a request has done so by then, or is gone."""
LAST_WORD = 2**50
"""Instead of a fence, for what comes after any run: that there is none."""


@dataclass(frozen=True)
class ApprovalFlow:
    """Requests for approval as people meet them: one message each, through all its life.

    `verified` reads anew who somebody is, so that a right counts only while it lasts. `bot` names
    this replica.
    """

    store: Store
    poster: Poster
    settings: Settings
    table: Table
    now: Callable[[], datetime]
    verified: Callable[[Actor], Actor]
    bot: str
    reports: CommandReports
    reshown: dict[str, float] = field(default_factory=dict)
    """Requests that were shown anew, and how old (seconds) their newest state was then."""
    unremembered: dict[str, Approval] = field(default_factory=dict)
    """Requests, with their messages, that Redis was away for when they were posted."""
    waiting: dict[str, Approval] = field(default_factory=dict)
    """Requests that waited for people, or for their run, when this bot last looked."""

    def ask(
        self,
        command: Change[Plan],
        plan: Plan,
        ask: decide.Ask,
        actor: Actor,
        where: tuple[str, str],
    ) -> Approval:
        """Store the request, and show its plan to those who decide. `where`: channel and thread."""
        now, lifetime = self.now(), self.settings.approval_lifetime
        approval = Approval(
            id=secrets.token_hex(4),
            command=masking.audited(command, self.table),
            line=masking.shown_line(command, self.table),
            awaits_file=not approval_rows.fits(plan),
            sealed=masking.seal(command, self.store, self.table, lifetime + KEPT),
            actor=actor,
            plan=approval_steps.bare(plan),
            needs=_needs(ask),
            asked=now,
            expires=now + lifetime,
            channel=where[0],
            thread=where[1],
            lifetime=lifetime,
            trace=traces.current().traceparent,
        )
        self.store.approvals.create(approval)
        with bound(approval=approval.id):
            log.info("%s waits for approval", plan.title)
            self.show(approval)
        return approval

    def show(self, approval: Approval, fence: int = 0) -> None:
        """Bring its message up to date.

        It is posted anew where there is none, or where somebody deleted it.
        """
        message = _as_state(
            approval_message.shown(approval, self._people(approval)), approval, fence
        )
        self.reports.approval(approval, message)
        if approval.message:
            self.poster.edit(
                approval.message,
                message,
                approval.state.ended,
                self._remember(approval),
                self._shared(approval),
                elsewhere=self._elsewhere(approval),
            )
        else:
            self.poster.post(
                approval.channel,
                message,
                approval.thread,
                self._remember(approval),
                self._shared(approval),
                elsewhere=self._elsewhere(approval),
            )

    def remember(self) -> None:
        """Write down where messages stand, so that every bot goes on in them.

        Raises StoreUnavailableError where Redis is still away.
        """
        for approval in tuple(self.unremembered.values()):
            if approval.message and not self.store.approvals.posted(approval.id, approval.message):
                self._lost(approval)
            self.unremembered.pop(approval.id, None)

    def notice_lost(self) -> None:
        """Say of requests that waited a moment ago, for people or for their run, and that Redis
        knows no more, that they are gone. Raises StoreUnavailableError where Redis is away."""
        requests = self.store.approvals
        waiting = {approval.id: approval for approval in (*requests.open(), *requests.approved())}
        for approval in [self.waiting[id_] for id_ in self.waiting.keys() - waiting.keys()]:
            if self.store.approvals.get(approval.id) is None:
                self._lost(approval)
        for id_ in self.reshown.keys() - waiting.keys():
            del self.reshown[id_]
        self.waiting.clear()
        self.waiting.update(waiting)

    def tell(self, approval: Approval, message: Message) -> None:
        """Say something in its thread."""
        if approval.message:
            self.poster.reply(approval.message, message)

    def remind(self, approval: Approval) -> None:
        """Notify those who decide that half of the time is over."""
        self.tell(approval, approval_message.reminder(approval, self._people(approval)))

    def show_again(self, approval: Approval) -> None:
        """Show what it says now, its file too, where Slack has not got that after a while.

        The bot that was to show it may be gone, or Slack has refused it.
        """
        state = f"{approval.id}:{approval.revision}"
        if not approval.awaits_file and self.store.deliveries.is_shown(_state(approval)):
            self.reshown.pop(approval.id, None)
            return
        age = self.store.ages.of("request", state)
        if age > self.reshown.get(approval.id, SHOWN_LATE - SHOW_AGAIN) + SHOW_AGAIN:
            self.reshown[approval.id] = age
            self.show(approval)

    def ended(self, approval: Approval) -> None:
        """Show how it ended, and tell who asked."""
        self.show(approval)
        self.tell(approval, approval_message.ending(approval))

    def settle(self, approval: Approval, result: str) -> None:
        """End what needs no run any more, and show it; not once a bot runs it."""
        ended = self.store.approvals.apply(
            approval.id, partial(approval_steps.give_up, why=result, now=self.now())
        )
        if ended:
            self.show(ended, LAST_WORD)

    # ---- on the way to the run

    def recounted(self, approval: Approval, decision: decide.Decision) -> Approval | None:
        """Count the approvals again, by the decision and the roles of now.

        None where they are no longer enough; its message then shows that.
        """
        recheck = partial(
            approval_steps.recheck,
            needs=_needs_now(approval, decision),
            roles_of=lambda actor: decide.roles(self.known(actor), self.settings),
        )
        counted = self.store.approvals.apply(approval.id, recheck)
        if counted and counted.missing:
            self.show(counted)
            return None
        return counted

    def known(self, actor: Actor) -> Actor:
        """Who somebody is now. Raises what `rights.known` raises."""
        return rights.known(self.verified(actor))

    def renew(self, approval: Approval, plan: Plan, decision: decide.Decision) -> None:
        """Replace the request by one for the plan of now, in the same message."""
        now_needed = _needs_now(approval, decision)
        successor = approval_steps.renewed(
            approval, secrets.token_hex(4), plan, now_needed, self.now()
        )
        successor = replace(successor, awaits_file=not approval_rows.fits(successor.plan))
        supersede = partial(approval_steps.supersede, successor=successor, now=self.now())
        replaced = self.store.approvals.replace(approval.id, successor, supersede)
        if replaced:
            shown = replace(successor, revision=replaced.revision + 1)
            self.show(shown)
            self.tell(shown, approval_message.renewed(shown, self._people(shown)))

    def claimed(self, approval: Approval) -> Approval | None:
        """Take it, to run it; None where another bot has it, or it is not approved any more."""
        claim = partial(approval_steps.claim, bot=self.bot, now=self.now())
        return self.store.approvals.apply(approval.id, claim)

    def show_end(self, approval: Approval) -> None:
        """Show how it ended, where nothing else tells the channel: its outcome is private."""
        stored = self.store.approvals.get(approval.id)
        if stored:
            self.show(stored)

    def restored(self, approval: Approval) -> Change[Plan]:
        """The command that waited."""
        if approval.sealed:
            command = masking.unsealed(approval.sealed, self.store, self.table)
        else:
            command = self.table.by_name[str(approval.command["command"])].model_validate(
                approval.command["flags"]
            )
        assert isinstance(command, Change), "only changes wait for approval"
        return command

    def give_up(self, approval: Approval, why: str) -> Approval | None:
        """Note that it does not run after all.

        None where another thread or bot took it meanwhile, or Redis is away.
        """
        step = partial(approval_steps.give_up, why=why, now=self.now())
        try:
            return self.store.approvals.apply(approval.id, step)
        except SwarmbotError:
            log.warning("the end of request %s could not be recorded", approval.id)
            return None

    def abandoned(self, taken: Approval) -> None:
        """Show that a bot took it and is gone."""
        self._replace(taken, approval_message.abandoned(taken), SentEnding.UNKNOWN)

    @contextmanager
    def errors_shown(self, approval: Approval) -> Iterator[None]:
        """Whatever keeps a request from its run is shown in its message.

        What only delays it is tried again by the next round of `jobs.approvals`.
        """
        try:
            yield
        except (LockedError, StoreUnavailableError, StandingUnknownError) as error:
            log.info("request %s waits: %s", approval.id, error_code(error))
        except SwarmbotError as error:
            self._not_run(approval, error)
        except Exception:
            log.exception("request %s failed", approval.id)
            self._not_run(approval, SwarmbotError())

    def _lost(self, approval: Approval) -> None:
        ended = replace(approval, state=ApprovalState.EXPIRED, revision=approval.revision + 1)
        self._replace(ended, approval_message.lost(approval), SentEnding.UNKNOWN)

    def _not_run(self, approval: Approval, error: SwarmbotError) -> None:
        if ended := self.give_up(approval, error_code(error)):
            shown, told = approval_message.not_run(ended, error)
            self._replace(ended, shown, ending_of(error), LAST_WORD)
            self.tell(ended, told)

    def _replace(
        self, ended: Approval, message: Message, ending: SentEnding, fence: int = 0
    ) -> None:
        """Show this in place of a request that has ended."""
        self.reports.ended(ended.actor, ending, message)
        if ended.message:
            self.poster.edit(ended.message, _as_state(message, ended, fence), True)

    def _elsewhere(self, approval: Approval) -> Elsewhere:
        """Another channel where there is one, else who asked: whoever decides finds the request in
        the list too."""
        return Elsewhere(
            (*self.settings.channels, *approval.actor.called),
            unreachable.said_here,
            unreachable.file_refused,
        )

    def _people(self, approval: Approval) -> tuple[str, ...]:
        """Whom to notify: users and groups of the roles that decide, but not who asked."""
        deciding = [role for role in self.settings.roles if role.name in approval.needs.roles]
        ids = dict.fromkeys(id_ for role in deciding for id_ in (*role.users, *role.groups))
        if not approval.needs.self_approval:
            ids.pop(approval.actor.id, None)
        return tuple(ids)

    def _shared(self, approval: Approval) -> Callable[[File], None]:
        def shared(file: File) -> None:
            if file.name != approval_rows.file_name(approval):
                return
            complete = self.store.approvals.apply(approval.id, approval_steps.file_shared)
            if complete:
                self.show(complete)

        return shared

    def _remember(self, approval: Approval) -> Callable[[MessageRef], None]:
        def remember(ref: MessageRef) -> None:
            self.unremembered[approval.id] = replace(approval, message=ref)
            try:
                self.remember()
            except StoreUnavailableError:
                log.warning("the message of request %s cannot be remembered yet", approval.id)

        return remember


def _as_state(message: Message, approval: Approval, fence: int = 0) -> Message:
    """The message, as the state of the request that it shows: its run comes after all of them."""
    return replace(message, state=_state(approval, fence))


def _state(approval: Approval, fence: int = 0) -> MessageState:
    return MessageState(approval.about, fence, approval.revision, approval.state.ended)


def _needs(ask: decide.Ask) -> Needs:
    """What a decision asks for, as a request keeps it."""
    return Needs(ask.roles, ask.approvals, ask.self_approval)


def _needs_now(approval: Approval, decision: decide.Decision) -> Needs:
    """What a decision asks for now; where it asks for nothing any more, what was asked for then."""
    return _needs(decision) if isinstance(decision, decide.Ask) else approval.needs
