"""Who changed what, from the audit."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.fields import Moment, Name, Option, moment
from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.render import audit_list
from bot.reports import change


class Changes(Query):
    """Show who changed what through swarmbot, the newest first."""

    names: ClassVar = ("audit",)
    examples: ClassVar = ("audit --service web --since 7d", "audit --user dev")

    service: Name | None = Field(None, description="only this service")
    user: str | None = Field(None, description="only what this person asked for, by name or id")
    since: Annotated[Moment | None, Option(metavar="TIME")] = Field(
        None, description="7d, 2h, 15:40 or 2026-03-04"
    )
    limit: Annotated[int, Option(("--limit", "-n"), "N")] = Field(
        50, ge=1, le=1000, description="at most so many"
    )

    def run(self, context: Context) -> Message:
        """Read the stream backwards until there is enough."""
        since = moment(self.since, context.now(), past=True) if self.since else None
        user = self.user.lstrip("@") if self.user else None
        entries = context.store.audit.entries(self.service, user, since, self.limit)
        return audit_list.audited([change(entry) for entry in entries], self.limit)


COMMANDS: tuple[type[Command], ...] = (Changes,)
