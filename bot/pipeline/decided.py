"""A change that may run, and how the audit knows of it before it does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.command import masking
from bot.command.model import Change, Context
from bot.model import Plan
from bot.model.approval import Approval
from bot.render import plans


@dataclass(frozen=True, slots=True)
class Decided:
    """A change that may run, where it is shown, and the approval that let it, if it needed one."""

    command: Change[Plan]
    plan: Plan
    context: Context
    channel: str
    thread: str = ""
    approval: Approval | None = None

    @property
    def approvers(self) -> tuple[str, ...]:
        """The names of those who approved it."""
        return self.approval.approvers if self.approval else ()

    def intend(self, started: datetime, run_id: str) -> str:
        """Write down in the audit that it is about to be done, and return the entry's reference."""
        approval = self.approval
        return self.context.store.audit.intend(
            self.context.actor,
            masking.audited(self.command, self.context.table),
            plans.recorded(self.plan),
            self.channel,
            started,
            approved_by=self.approvers,
            approver_ids=tuple(given.actor.id for given in approval.given) if approval else (),
            request=approval.id if approval else "",
            run="" if approval else run_id,
        )
