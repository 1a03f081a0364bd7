"""Ends what a bot that is gone left in the middle, where there is no record of how far it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pydantic import ValidationError

from bot.command.model import Change, Context
from bot.errors import ApprovalNotFoundError
from bot.model import Ending, Message, MessageRef, MessageState, Rollout
from bot.model.audit import AuditEntry
from bot.model.batch import Batch
from bot.model.change import Fate
from bot.model.sent_command import SentEnding
from bot.pipeline.command_reports import CommandReports
from bot.policy import approval_steps
from bot.poster import Poster
from bot.render import plans
from bot.render.asker import asked_by
from bot.store.store import Store

log = logging.getLogger(__name__)


_ENDINGS = {
    Fate.DONE: SentEnding.COMPLETED,
    Fate.NOT_DONE: SentEnding.FAILED,
    Fate.UNSURE: SentEnding.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a change is shown: its message's name among all, and where that stands or belongs."""

    about: str
    channel: str
    thread: str = ""
    message: MessageRef | None = None


@dataclass(frozen=True)
class InterruptedChanges:
    """Finds out what became of a change, ends its audit and its request, and says so in its
    message."""

    store: Store
    poster: Poster
    now: Callable[[], datetime]
    reports: CommandReports

    def end(self, entry: AuditEntry, context: Context, fence: int) -> None:
        """End one of them; whoever calls has its locks, and `fence` is that of the lease.

        What locked nothing changed nothing of the Swarm. What ended by its own message, and was not
        written down any more, has said so already.
        """
        fate = _fate(entry, context)
        ending = Ending.DONE if fate is Fate.DONE else Ending.FAILED
        ended = self.store.audit.conclude(
            entry.reference, {"ending": ending, "why": "Interrupted"}, 0.0, self.now()
        )
        if not ended or not entry.plan.get("targets"):
            return
        place = self._place(entry)
        if entry.request:
            self._finish(entry.request, ending)
        asked = asked_by(entry.actor, entry.approved_by)
        told = plans.interrupted(str(entry.plan.get("title", "")), fate, asked)
        self.reports.ended(entry.actor, _ENDINGS[fate], told)
        if place and not self.store.deliveries.has_end(place.about):
            self._tell(place, told, fence)

    def forget(self, left: Rollout | Batch) -> None:
        """Forget a record that says that a change runs which has ended by the audit; whoever calls
        has its locks.

        Its bot was stopped before it could, or wrote the record when others had taken it for gone.
        """
        log.warning("the record of %s is forgotten: its change has ended", left.id)
        if isinstance(left, Batch):
            self.store.batches.finish(left.id)
            return
        if left.revision:
            self.store.revisions.conclude(left.service_id, left.revision, Ending.FAILED)
        self.store.rollouts.finish(left)

    def _place(self, entry: AuditEntry) -> _Place | None:
        """Where it is shown; None where nobody knows."""
        if not entry.request:
            place = _Place(entry.run, entry.source, message=self.store.rollouts.message(entry.run))
            return place if entry.source else None
        request = self.store.approvals.get(entry.request)
        if request is None:
            return None
        return _Place(request.about, request.channel, request.thread, request.message)

    def _finish(self, request: str, ending: Ending) -> None:
        finish = partial(approval_steps.finish, result=str(ending), now=self.now())
        with suppress(ApprovalNotFoundError):
            self.store.approvals.apply(request, finish)

    def _tell(self, place: _Place, told: Message, fence: int) -> None:
        state = MessageState(place.about, fence, 1, final=True) if place.about else None
        told = replace(told, state=state)
        if place.message:
            self.poster.edit(place.message, told, final=True)
        else:
            self.poster.post(place.channel, told, place.thread)


def _fate(entry: AuditEntry, context: Context) -> Fate:
    planned = str(entry.plan.get("fingerprint", ""))
    try:
        made_of = context.table.by_name[str(entry.command["command"])]
        # What was typed into a modal alone, a key or a token, stands nowhere.
        flags = {
            name: value
            for name, value in entry.command["flags"].items()
            if name in made_of.model_fields
        }
        command = made_of.model_validate(flags)
    except (KeyError, ValidationError):
        return Fate.UNSURE
    return command.fate(context, planned) if isinstance(command, Change) else Fate.UNSURE
