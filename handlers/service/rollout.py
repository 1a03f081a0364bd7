"""One change of a service, as the shortcut of its message shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.fields import Argument
from bot.command.model import Command, Context, Query
from bot.errors import RolloutUnknownError
from bot.model import Message, Rollout
from bot.model.audit import AuditEntry
from bot.policy import decide
from bot.render.rollout import rollout_sheet

_BEFORE = timedelta(minutes=5)
"""A change is in the audit some time before it begins, by whichever clock."""
_MOST_ENTRIES = 200


class ShowRollout(Query):
    """Show one change of a service: what it did, who asked for it, and how it ended."""

    names: ClassVar = ("rollout",)
    about_services: ClassVar = True
    examples: ClassVar = ("rollout 3f9a1c2b4d",)

    rollout: Annotated[str, Argument("ID")] = Field(max_length=40)

    def run(self, context: Context) -> Message:
        """Read the record of the change, and its end in the audit."""
        rollout = context.store.rollouts.get(self.rollout)
        if rollout is None:
            raise RolloutUnknownError(self.rollout)
        name = self.full_name()
        seen = decide.may_read(context.actor, name, context.settings, (rollout.service,))
        decide.permitted(seen, name)
        runs = context.store.rollouts.unfinished(rollout.id) is not None
        ended = None if runs else _end(context, rollout)
        return rollout_sheet.sheet(rollout, ended, context.now(), runs=runs)


COMMANDS: tuple[type[Command], ...] = (ShowRollout,)


def _end(context: Context, rollout: Rollout) -> AuditEntry | None:
    since = rollout.started - _BEFORE
    entries = context.store.audit.entries(rollout.service, None, since, _MOST_ENTRIES)
    return next((entry for entry in entries if entry.reference == rollout.audit), None)
