"""Deciding on what waits for approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from pydantic import Field

from bot.command.fields import Argument, FreeText, FromLine
from bot.command.model import ApprovalAction, Command, Context, Form, Query
from bot.model import Message
from bot.model.approval import Approval
from bot.policy import approval_steps, decide
from bot.render import approval_message

Step = Callable[[Approval], Approval]


class Approve(ApprovalAction):
    """Approve a request; it runs when the last approval is there."""

    names: ClassVar = ("approve",)
    examples: ClassVar = ("approve 4f2a91c0",)

    def step(self, context: Context) -> Step:
        """Refused for who asked, for who lacks the role, and once it is over."""
        roles = decide.roles(context.actor, context.settings)
        return lambda approval: approval_steps.approve(
            approval, context.actor, roles, context.now()
        )


class RejectForm(Form):
    """What the button *Reject* asks for."""

    title: ClassVar = "Reject"
    submit: ClassVar = "Reject"

    approval: Annotated[str, FromLine()]
    reason: str = Field("", max_length=200, description="told to who asked")

    def command(self) -> Reject:
        """The rejection with its reason."""
        return Reject(approval=self.approval, reason=tuple(self.reason.split()))


class Reject(ApprovalAction):
    """Reject a request, with a reason that who asked is told."""

    names: ClassVar = ("reject",)
    examples: ClassVar = ("reject 4f2a91c0 not before the weekend",)
    form: ClassVar = RejectForm

    reason: Annotated[tuple[str, ...], Argument("REASON"), FreeText()] = ()

    def step(self, context: Context) -> Step:
        """For those who could approve it."""
        roles, reason = decide.roles(context.actor, context.settings), " ".join(self.reason)[:200]
        return lambda approval: approval_steps.reject(
            approval, context.actor, roles, reason, context.now()
        )


class Withdraw(ApprovalAction):
    """Take back what you asked for."""

    names: ClassVar = ("withdraw",)
    examples: ClassVar = ("withdraw 4f2a91c0",)
    decides: ClassVar = False

    def step(self, context: Context) -> Step:
        """For who asked."""
        return lambda approval: approval_steps.withdraw(approval, context.actor, context.now())


class ListApprovals(Query):
    """List what waits for approval."""

    names: ClassVar = ("approvals",)

    def run(self, context: Context) -> Message:
        """What expires first comes first."""
        return approval_message.listed(context.store.approvals.open(), context.now())


COMMANDS: tuple[type[Command], ...] = (ListApprovals, Approve, Reject, Withdraw)
