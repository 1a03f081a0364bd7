"""A sentence for every refusal around approvals and holds: why not, and who could."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot import errors
from bot.model.approval import Approval, ApprovalState
from bot.render.errors.explanation import Explanation
from bot.render.errors.reasons import reason
from bot.render.holds import held
from bot.render.slack.blocks import when
from bot.render.slack.text import code, escape, shortened

_LONGEST = 80


def _approval_gone(error: errors.ApprovalNotFoundError) -> Explanation:
    return Explanation(
        f"❌ No request {code(error.approval_id)} is known any more: it ended more than 7 days "
        "ago, or was lost. "
        "Nothing ran. Send the line again.",
        "approvals",
    )


def _approval_over(error: errors.ApprovalClosedError) -> Explanation:
    one = error.approval
    by = f" by {escape(one.by)}" if one.by else ""
    words = {
        ApprovalState.APPROVED: f"was approved already, by {_approvers(one)}",
        ApprovalState.RUNNING: f"was approved already, by {_approvers(one)}, and runs",
        ApprovalState.DONE: f"has ended: {escape(reason(one.reason) or 'done')}",
        ApprovalState.REJECTED: f"was rejected{by}"
        + (f': "{escape(one.reason)}"' if one.reason else ""),
        ApprovalState.WITHDRAWN: f"was withdrawn{by}",
        ApprovalState.EXPIRED: f"expired {when(one.expires)}",
        ApprovalState.REPLACED: "is no longer the plan: its message shows the new one",
    }
    return Explanation(f"✋ {_title(one)} {words.get(one.state, 'is open')}.")


def _own_approval(error: errors.SelfApprovalError) -> Explanation:
    return Explanation(
        f"✋ You asked for {_title(error.approval)} yourself, so somebody else has to approve it: "
        f"{_roles(error.approval)}."
    )


def _not_approver(error: errors.NotApproverError) -> Explanation:
    return Explanation(
        f"✋ You may not decide on {_title(error.approval)}: that is for {_roles(error.approval)}."
    )


def _approved_before(error: errors.AlreadyApprovedError) -> Explanation:
    one = error.approval
    return Explanation(
        f"✋ You approved {_title(one)} already: it needs {one.missing} more of {_roles(one)}."
    )


def _not_asker(error: errors.NotRequesterError) -> Explanation:
    one = error.approval
    return Explanation(
        (
            f"✋ Only {escape(one.actor.name)}, who asked, can withdraw {_title(one)}. Who may "
            "approve it can reject it."
        ),
        f"reject {one.id} REASON",
    )


def _held(error: errors.OnHoldError) -> Explanation:
    if error.hold.freeze:
        return Explanation(
            f"{held(error.hold, error.name)} Nothing is changed until {code('/swarm unfreeze')}."
        )
    return Explanation(
        f"{held(error.hold, error.name)} Ask them, or "
        f"{code(f'/swarm release {error.hold.pattern}')}."
    )


def _not_yours(error: errors.NotHolderError) -> Explanation:
    return Explanation(
        (
            f"{held(error.hold, error.hold.pattern)} To release it all the same, say why: "
            f"{escape(error.hold.owner.name)} is told."
        ),
        f'release {error.hold.pattern} --take-over "why"',
    )


EXPLANATIONS: dict[type, Callable[[Any], Explanation]] = {
    errors.ApprovalNotFoundError: _approval_gone,
    errors.ApprovalClosedError: _approval_over,
    errors.SelfApprovalError: _own_approval,
    errors.NotApproverError: _not_approver,
    errors.AlreadyApprovedError: _approved_before,
    errors.NotRequesterError: _not_asker,
    errors.OnHoldError: _held,
    errors.NotHolderError: _not_yours,
}


def _title(approval: Approval) -> str:
    return escape(shortened(approval.plan.title, _LONGEST))


def _roles(approval: Approval) -> str:
    return " or ".join(escape(role) for role in approval.needs.roles)


def _approvers(approval: Approval) -> str:
    return ", ".join(escape(name) for name in approval.approvers)
