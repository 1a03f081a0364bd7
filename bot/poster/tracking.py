"""Which states of messages may still be sent, and which have to arrive whatever happens to the bot.

What the record of all bots cannot be told at the moment is remembered here, and told later.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Protocol

from bot.errors import StoreUnavailableError
from bot.model import MessageRef, MessageState
from bot.model.delivery import Clearance, PendingMessage
from bot.poster.handle import Handle
from bot.poster.slack_errors import Verdict
from bot.poster.verdict import verdict_of

log = logging.getLogger(__name__)

_COMES_LATER = (Verdict.LIMITED, Verdict.STOPPED)


class DeliveryRecord(Protocol):
    """What all bots know of messages; raises `StoreUnavailableError` where it cannot be asked."""

    def keep(self, pending: PendingMessage) -> bool:
        """Store a last state until Slack has it; False where a newer one is known."""
        ...

    def begin(self, state: MessageState) -> Clearance:
        """Ask directly before a state is sent."""
        ...

    def sent(
        self, state: MessageState, ref: MessageRef, *, first: bool = False
    ) -> MessageRef | None:
        """Slack has this state; the place of the message where another bot has posted it first."""
        ...

    def stands(self, about: str, ref: MessageRef) -> MessageRef | None:
        """Say where a message stands; the place of another copy, if that one is known."""
        ...

    def refused(self, about: str) -> None:
        """Slack has not taken the message that was about to be posted."""
        ...

    def forget(self, about: str) -> None:
        """Slack will never take it."""
        ...

    def still_sending(self, about: str) -> None:
        """Say that this bot goes on trying."""
        ...


@dataclass(frozen=True, slots=True)
class _Sent:
    """What Slack has; `first`: it was posted as if Slack had nothing of its message."""

    state: MessageState
    ref: MessageRef
    first: bool


class Tracking:
    """One bot's part in the record. Without a record everything may be sent."""

    def __init__(self, record: DeliveryRecord | None = None) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._sending: dict[str, PendingMessage] = {}
        self._unkept: dict[str, PendingMessage] = {}
        self._unreported: dict[str, _Sent] = {}

    def keep(self, handle: Handle) -> None:
        """Keep what a message is to say, where that is its last state."""
        message = handle.wanted
        if not self._record or not message.state or not message.state.final:
            return
        parent = handle.parent.wanted.state if handle.parent else None
        reply_to = parent.about if parent else ""
        pending = PendingMessage(message, handle.channel, handle.thread, handle.ref, reply_to)
        with self._lock:
            self._sending[message.state.about] = pending
        self._keep(message.state.about, pending)

    def may_edit(self, state: MessageState | None) -> bool:
        """Whether nothing newer was sent; while nobody can say, yes: it is corrected later."""
        try:
            return self.clearance(state).granted
        except StoreUnavailableError:
            return True

    def clearance(self, state: MessageState | None) -> Clearance:
        """Whether it may be sent, and where its message stands already.

        Raises StoreUnavailableError unless it is urgent: who posts without knowing might post a
        second message.
        """
        if not self._record or not state:
            return Clearance()
        try:
            return self._record.begin(state)
        except StoreUnavailableError:
            if state.urgent:
                return Clearance()
            raise

    def sent(
        self, state: MessageState | None, ref: MessageRef, *, first: bool = False
    ) -> MessageRef | None:
        """Slack has it; the place of the message where another bot has posted it first."""
        if not self._record or not state:
            return None
        with self._lock:
            if state.final:
                self._sending.pop(state.about, None)
                self._unkept.pop(state.about, None)
            self._unreported[state.about] = _Sent(state, ref, first)
        try:
            return self._report(state.about)
        except StoreUnavailableError:
            log.warning("that the message of %s was sent cannot be recorded yet", state.about)
            return None

    def stands(self, state: MessageState | None, ref: MessageRef) -> MessageRef | None:
        """Tell all bots where a message stands; the place of another copy, if that one is known."""
        if not self._record or not state:
            return None
        try:
            return self._record.stands(state.about, ref)
        except StoreUnavailableError:
            log.warning("where the message of %s stands cannot be recorded", state.about)
            return None

    def failed(self, state: MessageState | None, error: Exception) -> None:
        """A try has failed: what Slack will never take is not tried again by other bots either.

        Where Slack gave no answer of its own, it may have taken it all the same.
        """
        verdict = verdict_of(error)
        if not self._record or not state or verdict in (None, Verdict.AWAY):
            return
        comes_later = verdict in _COMES_LATER
        if not comes_later:
            self.given_up(state)
        try:
            self._record.refused(state.about)
            if not comes_later:
                self._record.forget(state.about)
        except StoreUnavailableError:
            log.warning("another bot may try again to send the message of %s", state.about)

    def given_up(self, state: MessageState | None) -> None:
        """This bot sends it no more; another one may."""
        if state:
            with self._lock:
                self._sending.pop(state.about, None)
                self._unkept.pop(state.about, None)

    def catch_up(self) -> None:
        """Tell the record what it could not be told before, and that this bot is alive.

        Raises StoreUnavailableError where it still cannot.
        """
        if not self._record:
            return
        for about, pending in tuple(self._unkept.items()):
            self._keep(about, pending)
        for about in tuple(self._unreported):
            self._report(about)
        for about in tuple(self._sending):
            self._record.still_sending(about)

    def _keep(self, about: str, pending: PendingMessage) -> None:
        assert self._record
        try:
            self._record.keep(pending)
        except StoreUnavailableError:
            with self._lock:
                if about in self._sending:
                    self._unkept[about] = pending
        else:
            self._unkept.pop(about, None)

    def _report(self, about: str) -> MessageRef | None:
        assert self._record
        reported = self._unreported.get(about)
        if reported is None:
            return None
        earlier = self._record.sent(reported.state, reported.ref, first=reported.first)
        with self._lock:
            if self._unreported.get(about) is reported:
                del self._unreported[about]
        return earlier
