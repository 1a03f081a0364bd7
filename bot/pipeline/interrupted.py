"""Ends what a bot that is gone left in the middle, where there is no rollout to be followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from bot.command.model import Change, Context
from bot.model import Ending
from bot.model.audit import AuditEntry
from bot.model.change import Fate
from bot.poster import Poster
from bot.render import plans
from bot.store.store import Store


@dataclass(frozen=True)
class InterruptedChanges:
    """Finds out what became of a change, ends its audit, and tells its channel."""

    store: Store
    poster: Poster
    now: Callable[[], datetime]

    def end(self, entry: AuditEntry, context: Context) -> None:
        """End one of them; whoever calls has its locks.

        What locked nothing changed nothing of the Swarm, and a request tells it in its own message.
        """
        fate = _fate(entry, context)
        ending = Ending.DONE if fate is Fate.DONE else Ending.FAILED
        ended = self.store.audit.conclude(
            entry.id, {"ending": ending, "why": "Interrupted"}, 0.0, self.now()
        )
        if ended and entry.plan.get("targets") and entry.source and not entry.request:
            title = str(entry.plan.get("title", ""))
            self.poster.post(entry.source, plans.interrupted(title, entry.actor.name, fate))


def _fate(entry: AuditEntry, context: Context) -> Fate:
    planned = str(entry.plan.get("fingerprint", ""))
    try:
        command = context.table.by_name[str(entry.command["command"])].model_validate(
            entry.command["flags"]
        )
    except (KeyError, ValidationError):
        return Fate.UNSURE
    return command.fate(context, planned) if isinstance(command, Change) else Fate.UNSURE
