"""A change that waits for a second person; its steps are in `bot.policy.approval_steps`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.model.change import Plan
from bot.model.people import Actor, MessageRef

LIFETIME = timedelta(minutes=30)
"""How long a request waits, where nothing else is said."""
NOTHING_TO_CHANGE = "nothing to change"
"""The reason of a request whose plan had become needless when it was to run."""


class ApprovalState(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"

    @property
    def waiting(self) -> bool:
        """Whether no bot has taken it yet, and one still may."""
        return self in (ApprovalState.OPEN, ApprovalState.APPROVED)

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return not self.waiting and self is not ApprovalState.RUNNING


@dataclass(frozen=True, slots=True)
class Needs:
    """Whose approval it takes: `count` different people of `roles`.

    Who asked counts only with `self_approval`.
    """

    roles: tuple[str, ...]
    count: int = 1
    self_approval: bool = False


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """One person's approval."""

    actor: Actor
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A request for approval. Times are UTC.

    `command` is the command's model with its name, `line` what would be typed, both with dots for
    secrets; where there are any, `sealed` is the id of the raw form. `plan` is what is
    approved, and nothing else. `lifetime` is how long people have to decide. `moved` says what
    differs from the plan that this one replaced, `successor` the id of the one that replaced it.
    `bot` took it at `taken`; `run` is set once the change itself began. `by`, `reason` and `ended`
    tell how it ended: who rejected it and why, or what came of it. With `awaits_file` its message
    cannot show all of the plan, and Slack has not got the file with the rest of it yet: until then
    nobody can approve it. `trace`: the traceparent of the span in which it was asked for, if any.
    """

    id: str
    command: Mapping[str, Any]
    line: str
    actor: Actor
    plan: Plan
    needs: Needs
    asked: datetime
    expires: datetime
    channel: str
    thread: str = ""
    sealed: str = ""
    awaits_file: bool = False
    lifetime: timedelta = LIFETIME
    state: ApprovalState = ApprovalState.OPEN
    given: tuple[GivenApproval, ...] = ()
    reminded: bool = False
    moved: tuple[str, ...] = ()
    successor: str = ""
    bot: str = ""
    taken: datetime | None = None
    run: str = ""
    by: str = ""
    reason: str = ""
    ended: datetime | None = None
    revision: int = field(default=0, compare=False)
    first: str = ""
    message: MessageRef | None = field(default=None, compare=False)
    trace: str = ""

    @property
    def about(self) -> str:
        """The name of its message among all."""
        return self.first or self.id

    @property
    def again(self) -> str:
        """What a button sends to ask for it once more."""
        return f"again {self.sealed}" if self.sealed else self.line

    @property
    def missing(self) -> int:
        """How many approvals are still to come."""
        return max(0, self.needs.count - len(self.given))

    @property
    def approvers(self) -> tuple[str, ...]:
        """The names of those who approved, in that order."""
        return tuple(given.actor.name for given in self.given)
