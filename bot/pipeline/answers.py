"""What a request comes to for who asked: its answer, where a change is shown, and its refusal.

A refusal is counted too, for whoever looks for a pattern in it.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from bot.command import line
from bot.command.model import ApprovalAction, Table
from bot.errors import (
    AlreadyApprovedError,
    ApprovalClosedError,
    ApprovalNotFoundError,
    BeyondRightsError,
    LockedError,
    NoPlaceError,
    NotAllowedError,
    NotApproverError,
    NotGrantedError,
    NotHolderError,
    NotRequesterError,
    OnHoldError,
    OutsiderError,
    ReadOnlyError,
    SelfApprovalError,
    StoreUnavailableError,
    SwarmbotError,
    error_code,
)
from bot.metrics import Metrics
from bot.model import Actor, Message, Outcome, Place, Plan
from bot.model.approval import Approval
from bot.model.audit import Refusal
from bot.model.sent_command import SentEnding
from bot.pipeline import spans
from bot.pipeline.command_reports import CommandReports, ending_of
from bot.pipeline.request import Request
from bot.policy import decide
from bot.poster import Poster
from bot.render import approval_message, plans, unreachable
from bot.render.errors import explain
from bot.settings import Settings
from bot.store.store import Store

log = logging.getLogger(__name__)

REFUSALS = (
    AlreadyApprovedError,
    ApprovalClosedError,
    ApprovalNotFoundError,
    BeyondRightsError,
    NotAllowedError,
    NotApproverError,
    NotGrantedError,
    NotHolderError,
    NotRequesterError,
    OnHoldError,
    OutsiderError,
    ReadOnlyError,
    SelfApprovalError,
)
"""What somebody tried and may not do; counted, for whoever looks for a pattern in it."""

KEEPS_PLACE = (LockedError, OnHoldError)
"""What meets somebody who is called and does not cost them their place."""

NO_CHANNEL = "no_channel"
"""In place of Slack's word where no channel is configured."""

_REQUEST_ID = re.compile(r"[0-9a-f]{1,32}")


@dataclass(frozen=True)
class Answers:
    """Answers whoever asked for something, and counts what they may not do."""

    store: Store
    poster: Poster
    table: Table
    settings: Settings
    metrics: Metrics
    now: Callable[[], datetime]
    reports: CommandReports

    def answer(
        self, request: Request, message: Message, ending: SentEnding = SentEnding.COMPLETED
    ) -> None:
        """Answer in the place where it was asked, to who asked; for CI its command ends like
        that."""
        spans.is_answered(ending)
        if request.actor.origin:
            self.reports.ended(request.actor, ending, message)
            return
        self.poster.answer(request.place, request.actor.id, message, unreachable.file_refused)

    def where(self, request: Request) -> tuple[str, str]:
        """Channel and thread in which a change is shown.

        That is where changes belong, or where it was asked for: the first that takes messages. The
        Home tab is no channel: where no other is configured, it is shown to who asked. CI is no
        channel either, and sees no direct messages: then the channel is empty.
        """
        candidates = [self.settings.channel, request.place.channel]
        wanted = [channel for channel in candidates if channel] or [_directly_to(request.actor)]
        taking = (channel for channel in wanted if not self._refusal(channel))
        channel = next(taking, wanted[0])
        return channel, request.place.thread if channel == request.place.channel else ""

    def say_where(self, request: Request, plan: Plan, decision: decide.Decision) -> None:
        """Say in which other channel it is shown.

        What locks nothing, such as a look at a token, is shown in none. Raises NoPlaceError where
        no channel takes it.
        """
        is_shown = plan.targets or isinstance(decision, decide.Ask) or request.actor.origin
        if not is_shown:
            return
        channel = self.where(request)[0]
        if refusal := self._refusal(channel):
            raise NoPlaceError(channel, refusal, self._taking())
        if channel != request.place.channel and not request.actor.origin:
            is_direct = channel == request.actor.id
            self.answer(request, plans.elsewhere(plan, "" if is_direct else channel))

    def say_step(self, request: Request, approval: Approval) -> None:
        """Tell who took a step on a request elsewhere than at its message what came of it: before
        their eyes nothing changes. The Home tab shows it by itself."""
        place, shown = request.place, approval.message
        if place.channel and shown and shown.channel != place.channel:
            channel = "" if self._refusal(shown.channel) else shown.channel
            self.answer(request, approval_message.step_taken(approval, channel))

    def refused_channels(self) -> Mapping[str, str]:
        """The configured channels that take no messages, with Slack's error names."""
        return self.poster.refused(self.settings.channels)

    def _refusal(self, channel: str) -> str:
        return self.poster.refusal(channel) if channel else NO_CHANNEL

    def _taking(self) -> tuple[str, ...]:
        """The configured channels that take messages."""
        channels = self.settings.channels
        return tuple(channel for channel in channels if not self.poster.refusal(channel))

    def tell(self, place: Place, actor: Actor, outcome: Outcome | None) -> None:
        """Say what an outcome has for who asked alone; nothing of it goes over HTTP."""
        if actor.origin:
            return
        for message in (outcome.private, outcome.private_note) if outcome else ():
            if message:
                self.poster.answer(place, actor.id, message, unreachable.file_refused)

    def turn_away(self, request: Request, error: SwarmbotError) -> None:
        """Tell somebody why their line was not even read."""
        self.metrics.refused(error_code(error))
        self.answer(request, explain.explain(error))

    @contextmanager
    def errors_told(self, request: Request) -> Iterator[None]:
        """Whatever goes wrong becomes a private answer.

        A fault of the bot's own gets a reference into the log.
        """
        try:
            yield
        except SwarmbotError as error:
            spans.meets(error)
            if self._keeps_place(request, error):
                return
            self.answer(request, explain.explain(error), ending_of(error))
            if isinstance(error, REFUSALS):
                self._count_refusal(request, error_code(error))
        except Exception as error:
            spans.meets(error)
            reference = secrets.token_hex(4)
            log.exception("request %s failed", reference)
            self._keeps_place(request, SwarmbotError())
            self.answer(request, explain.unexpected(reference), SentEnding.FAILED)

    def _keeps_place(self, request: Request, error: SwarmbotError) -> bool:
        """Whether it goes on waiting in line; else its turn is over."""
        if request.turn is None:
            return False
        try:
            if isinstance(error, KEEPS_PLACE):
                self.store.queue.wait_again(request.turn.queued.id)
                return True
            request.turn.take()
        except StoreUnavailableError:
            # Its place is as it was; it is called again later.
            return True
        return False

    def _count_refusal(self, request: Request, why: str) -> None:
        """Count it, and keep it for a while: a person, a command and an hour are one record."""
        self.metrics.refused(why)
        named = line.bare(request.text, self.table)
        command = type(request.command) if request.command else named[0] if named else None
        refusal = Refusal(
            at=self.now(),
            actor_id=request.actor.id,
            actor=request.actor.name,
            command=command.full_name() if command else "again",
            why=why,
            source=request.place.channel,
            request=self._request_id(request),
        )
        with suppress(StoreUnavailableError):
            self.store.refusals.count(refusal)

    def _request_id(self, request: Request) -> str:
        """The id of the request for approval that a line is about; empty for what is no id."""
        try:
            typed = request.command or line.parse(request.text, self.table)
        except SwarmbotError:
            return ""
        about = typed.approval if isinstance(typed, ApprovalAction) else ""
        return about if _REQUEST_ID.fullmatch(about) else ""


def _directly_to(actor: Actor) -> str:
    return "" if actor.origin else actor.id
