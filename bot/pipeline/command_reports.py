"""Tells CI how its commands go on, wherever and by whichever bot they do.

A report that Redis does not take just now is kept until it does: the change itself does not wait.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import (
    ChangeInterruptedError,
    ChangeUnsureError,
    LeaseLostError,
    NoEngineError,
    NoLeaderError,
    OutcomeUnknownError,
    RegistryBusyError,
    RegistryUnavailableError,
    StandingUnknownError,
    StoreUnavailableError,
    SwarmbotError,
)
from bot.log_ids import bound
from bot.model import Actor, Message
from bot.model.approval import NOTHING_TO_CHANGE, Approval, ApprovalState
from bot.model.sent_command import Report, SentCommand, SentEnding, SentState
from bot.render import plain
from bot.store.commands import CommandLog

log = logging.getLogger(__name__)

LOST_AFTER = 10.0
"""Seconds for which a command is missing in Redis before it counts as lost: the bot that is at it
stores it anew before."""
_MOST_UNWRITTEN = 1000
_UNKNOWN = (OutcomeUnknownError, ChangeInterruptedError, ChangeUnsureError, LeaseLostError)
"""Nobody saw the end of what has begun."""
_FAILED = (
    NoEngineError,
    NoLeaderError,
    RegistryBusyError,
    RegistryUnavailableError,
    StandingUnknownError,
    StoreUnavailableError,
)
"""What keeps a command from its run though nobody refuses it."""
_ENDED_BY_PEOPLE = {
    ApprovalState.REJECTED: SentEnding.REJECTED,
    ApprovalState.EXPIRED: SentEnding.EXPIRED,
    ApprovalState.WITHDRAWN: SentEnding.WITHDRAWN,
}


def ending_of(error: SwarmbotError) -> SentEnding:
    """How a command ends that meets this error."""
    if isinstance(error, _UNKNOWN):
        return SentEnding.UNKNOWN
    return SentEnding.FAILED if isinstance(error, _FAILED) else SentEnding.REFUSED


def failure_of(error: SwarmbotError | None) -> SentEnding:
    """The same once its change has begun; None for a fault of the bot's own."""
    return SentEnding.UNKNOWN if isinstance(error, _UNKNOWN) else SentEnding.FAILED


@dataclass(frozen=True)
class CommandReports:
    """Reports about the commands that CI has sent; for people's, all of it does nothing."""

    commands: CommandLog
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    at_hand: Counter[str] = field(default_factory=Counter)
    """The commands that this bot is at, and how many threads are."""
    unwritten: dict[str, Report] = field(default_factory=dict)
    """The newest report of each command that Redis was away for."""
    missing: dict[str, float] = field(default_factory=dict)
    """Since when Redis does not know a command any more (monotonic seconds)."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # ---- reports

    def began(self, actor: Actor, title: str, audit: str, fence: int) -> None:
        """Its change begins, under this entry of the audit."""
        self._report(actor, Report(state=SentState.RUNNING, text=title, audit=audit, fence=fence))

    def running(self, actor: Actor, message: Message, fence: int) -> None:
        """How far its change is."""
        told = plain.headline(message)
        self._report(actor, Report(state=SentState.RUNNING, text=told, fence=fence))

    def waits(self, actor: Actor, message: Message, approval: str = "") -> None:
        """It waits for people, or in line."""
        told = plain.headline(message)
        self._report(actor, Report(state=SentState.WAITING, text=told, approval=approval))

    def ended(self, actor: Actor, ending: SentEnding, message: Message) -> None:
        """It has ended."""
        told = plain.plain(message)
        self._report(actor, Report(state=SentState.ENDED, ending=ending, text=told))

    def approval(self, approval: Approval, message: Message) -> None:
        """Where its request for approval stands; once it runs, the run is what is told of."""
        if approval.state.waiting:
            self.waits(approval.actor, message, approval.id)
        elif ending := _ENDED_BY_PEOPLE.get(approval.state):
            self.ended(approval.actor, ending, message)
        elif approval.reason == NOTHING_TO_CHANGE:
            self.ended(approval.actor, SentEnding.NOTHING_TO_CHANGE, message)

    def _report(self, actor: Actor, report: Report) -> None:
        if actor.origin is None:
            return
        command_id = actor.origin.command
        report = replace(report, attempt=actor.origin.attempt)
        try:
            self.commands.report(command_id, report, self.now())
            self.unwritten.pop(command_id, None)
        except StoreUnavailableError:
            if len(self.unwritten) < _MOST_UNWRITTEN:
                self.unwritten[command_id] = report

    def may_go_on(self, actor: Actor) -> bool:
        """Whether this is still the bot that is to do somebody's command: not where it slept, and
        another has begun it anew. Raises StoreUnavailableError."""
        if actor.origin is None:
            return True
        command = self.commands.get(actor.origin.command)
        return command is None or command.attempt == actor.origin.attempt

    # ---- upkeep, by every bot

    @contextmanager
    def at(self, actor: Actor) -> Iterator[None]:
        """This bot is at somebody's command meanwhile, and what it logs says whose."""
        command_id = actor.origin.command if actor.origin else ""
        with bound(actor=actor.id, command=command_id):
            if not command_id:
                yield
                return
            self._count(command_id, 1)
            try:
                yield
            finally:
                self._count(command_id, -1)

    def remember(self) -> None:
        """Write down what Redis was away for, and find what it has lost.

        Raises StoreUnavailableError where it is still away.
        """
        for command_id, report in tuple(self.unwritten.items()):
            self.commands.report(command_id, report, self.now())
            self.unwritten.pop(command_id, None)
        stored = self.commands.open()
        self.commands.say_alive(tuple(self.at_hand))
        self._look_for_lost({command.id for command in stored})
        self.commands.note(stored)

    def _count(self, command_id: str, more: int) -> None:
        with self._lock:
            self.at_hand[command_id] += more
            if not self.at_hand[command_id]:
                del self.at_hand[command_id]

    def _look_for_lost(self, stored: set[str]) -> None:
        known = {command.id: command for command in self.commands.known_open()}
        for command_id in self.missing.keys() - (known.keys() - stored):
            self.missing.pop(command_id)
        for command_id in known.keys() - stored:
            self._missed(known[command_id])

    def _missed(self, command: SentCommand) -> None:
        """It is restored where this bot is at it; else another may be, for a while."""
        current = self.commands.get(command.id)
        if current:
            self.commands.forget(command.id)
        elif self.at_hand[command.id]:
            self.commands.restore(command)
        else:
            since = self.missing.setdefault(command.id, self.monotonic())
            if self.monotonic() - since >= LOST_AFTER:
                lost = Report(
                    state=SentState.ENDED,
                    ending=SentEnding.UNKNOWN,
                    text=plain.LOST,
                    attempt=command.attempt,
                )
                self.commands.report(command.id, lost, self.now())
                log.warning("Redis has lost command %s, which ends as unknown", command.id)
