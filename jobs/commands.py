"""Looks after the commands that CI has sent, so that each has an end, whatever became of the bot
that was at it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import StoreUnavailableError
from bot.model import Actor, Ending, Place
from bot.model.sent_command import ENDINGS, Report, SentCommand, SentEnding, SentState
from bot.pipeline.command_reports import CommandReports
from bot.pipeline.request import Request
from bot.render import approval_message, plain
from bot.store.store import Store

log = logging.getLogger(__name__)

BEGIN_WITHIN = timedelta(minutes=10)
"""What was sent begins within this time, or not at all."""
_MOST_ENTRIES = 1000
"""So many entries of the audit are read to find the end of a change."""


@dataclass(frozen=True)
class CommandUpkeep:
    """One round over the commands that have not ended. `verified` reads anew what CI may."""

    store: Store
    reports: CommandReports
    begin: Callable[[Request], None]
    verified: Callable[[Actor], Actor]
    pool: Executor
    now: Callable[[], datetime]

    def remember(self) -> None:
        """By every bot: write down what it alone knows, and find what Redis has lost."""
        with suppress(StoreUnavailableError):
            self.reports.remember()

    def run(self) -> None:
        """By the leader: end what nobody is at any more."""
        with suppress(StoreUnavailableError):
            left = [
                command
                for command in self.store.commands.open()
                if not self.store.commands.is_alive(command.id)
            ]
            gone_on_with = set(self._gone_on_with()) if left else set()
            for command in left:
                if command.id not in gone_on_with:
                    self._settle(command)

    def _gone_on_with(self) -> Iterator[str]:
        """The commands that wait in line, or whose rollouts somebody takes up."""
        store = self.store
        actors: Iterator[Actor] = (
            record.actor
            for records in (store.queue.all(), store.rollouts.running(), store.batches.running())
            for record in records
        )
        yield from (actor.origin.command for actor in actors if actor.origin)

    def _settle(self, command: SentCommand) -> None:
        approval = self.store.approvals.get(command.approval) if command.approval else None
        if approval and not approval.state.ended:
            return
        if approval:
            self.reports.approval(approval, approval_message.shown(approval, ()))
        elif self._begins_anew(command):
            return
        ending = self._ending(command)
        if ending:
            report = Report(
                state=SentState.ENDED,
                ending=ending,
                text=plain.left(ending),
                attempt=command.attempt,
            )
            self.store.commands.report(command.id, report, self.now())

    def _begins_anew(self, command: SentCommand) -> bool:
        """Whether this bot goes on with a command that was taken and has not begun, by its line and
        the rights of now; nobody expects it any more after a while."""
        if command.state is not SentState.ACCEPTED or self.now() - command.created > BEGIN_WITHIN:
            return False
        if self.store.replays.has_begun(command.id, command.created):
            return False
        taken = self.store.commands.begin_anew(command)
        if taken is None or taken.actor is None:
            return False
        log.info("going on with command %s", taken.id)
        self.pool.submit(self._begin, taken.again, taken.actor)
        return True

    def _begin(self, line: str, actor: Actor) -> None:
        self.begin(Request(line, self.verified(actor), Place("")))

    def _ending(self, command: SentCommand) -> SentEnding | None:
        """How its change ended by the audit; None where that is still open."""
        if not command.audit:
            return SentEnding.UNKNOWN
        entries = self.store.audit.entries(since=command.created, limit=_MOST_ENTRIES)
        entry = next((entry for entry in entries if entry.reference == command.audit), None)
        if entry is None:
            return SentEnding.UNKNOWN
        if entry.outcome is None:
            return None
        ending = ENDINGS[Ending(entry.outcome["ending"])]
        interrupted = entry.outcome.get("why") and ending is SentEnding.FAILED
        return SentEnding.UNKNOWN if interrupted else ending
