"""Who changed what, from the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from bot.command.fields import Moment, Name, Option, moment
from bot.command.model import Command, Context, Query
from bot.model import Message
from bot.model.audit import Refusal
from bot.render import audit_list
from bot.reports import change
from bot.store.refusals import KEPT

DAY = timedelta(days=1)


class Changes(Query):
    """Show who changed what through swarmbot, the newest first.

    What people tried and may not do is counted for a week, and listed by `--refused`.
    """

    names: ClassVar = ("audit",)
    examples: ClassVar = ("audit --service web --since 7d", "audit --user dev", "audit --refused")

    service: Name | None = Field(None, description="only this service")
    user: str | None = Field(None, description="only what this person asked for, by name or id")
    since: Annotated[Moment | None, Option(metavar="TIME")] = Field(
        None, description="7d, 2h, 15:40 or 2026-03-04"
    )
    refused: bool = Field(False, description="what people tried and may not do")
    limit: Annotated[int, Option(("--limit", "-n"), "N")] = Field(
        50, ge=1, le=1000, description="at most so many"
    )

    def run(self, context: Context) -> Message:
        """Read the stream backwards until there is enough, and count what was refused."""
        since = moment(self.since, context.now(), past=True) if self.since else None
        if self.refused:
            refusals = self._refusals(context, since or context.now() - KEPT)
            return audit_list.refused(refusals[: self.limit], len(refusals))
        entries = context.store.audit.entries(self.service, self._user, since, self.limit)
        refusals = () if self.service else self._refusals(context, context.now() - DAY)
        return audit_list.audited([change(entry) for entry in entries], self.limit, refusals)

    @property
    def _user(self) -> str | None:
        return self.user.lstrip("@") if self.user else None

    def _refusals(self, context: Context, since: datetime) -> tuple[Refusal, ...]:
        records = context.store.refusals.since(since, context.now())
        return tuple(
            record for record in records if self._user in (None, record.actor_id, record.actor)
        )

    @model_validator(mode="after")
    def _refused_of_nothing(self) -> Changes:
        if self.refused and self.service:
            raise ValueError("`--refused` goes by people and commands, without `--service`")
        return self


COMMANDS: tuple[type[Command], ...] = (Changes,)
