"""Explanations of refusals: who may do what, approvals and holds."""

from __future__ import annotations

from collections.abc import Mapping

from bot import errors
from bot.model.approval import Approval, ApprovalState
from bot.model.people import Standing
from bot.model.slash import SLASH
from bot.render import unreachable
from bot.render.errors.explanation import REFUSED, Explain, Explanation, alternatives
from bot.render.errors.reasons import reason
from bot.render.holds import held, hold_mark
from bot.render.slack.blocks import when
from bot.render.slack.text import code, escape, prose, shortened

_LONGEST_TITLE = 80


def _read_only(error: errors.ReadOnlyError) -> Explanation:
    return Explanation(
        f"{code(error.command)} changes something, and swarmbot only reads as long as no roles "
        f"are configured. Add {code('[[roles]]')} and {code('[[rules]]')} to its configuration "
        f"file, then run {code('swarmbot check')}.",
        mark=REFUSED,
    )


OUTSIDERS: Mapping[Standing, str] = {
    Standing.GUEST: "swarmbot neither shows nor does this for guests of the workspace.",
    Standing.STRANGER: "swarmbot neither shows nor does this for people of other workspaces.",
    Standing.NOBODY: "swarmbot answers people of this workspace alone.",
    Standing.UNKNOWN: "Slack does not say who you are at the moment, so nothing is shown or done. "
    "Try again in a minute.",
    Standing.PIPELINE: "CI asks for changes, and people decide on them.",
    Standing.REVOKED: "The token that asked for this has expired or was revoked, or the file no "
    "longer lets it in.",
}
"""What somebody is told who is no member of the workspace: one sentence about nothing else."""


def _outsider(error: errors.OutsiderError) -> Explanation:
    said = OUTSIDERS.get(error.standing, OUTSIDERS[Standing.NOBODY])
    return Explanation(said, mark=REFUSED)


def _standing_unknown(_: errors.StandingUnknownError) -> Explanation:
    return Explanation(OUTSIDERS[Standing.UNKNOWN], mark=REFUSED)


def _not_allowed(error: errors.NotAllowedError) -> Explanation:
    target = f" on {code(error.target)}" if error.target else ""
    if not error.roles:
        return Explanation(
            f"No rule allows {code(error.command)}{target}. Add one to the configuration file.",
            mark=REFUSED,
        )
    return Explanation(
        f"You may not {code(error.command)}{target}: that is for {alternatives(error.roles)}. "
        "Ask one of them to send the line.",
        mark=REFUSED,
    )


def _beyond_rights(error: errors.BeyondRightsError) -> Explanation:
    services = alternatives(error.services) if error.services else "no service"
    what = (
        f"{code(error.target)} is none of them"
        if error.target
        else f"{code(error.command)} is about others too"
    )
    return Explanation(f"This token is for {services} alone, and {what}.", mark=REFUSED)


def _not_granted(error: errors.NotGrantedError) -> Explanation:
    target = f" on {code(error.target)}" if error.target else ""
    if error.image:
        return Explanation(
            f"The rule for {code(error.command)}{target} does not allow the image "
            f"{code(error.image)}: its {code('images')} do not name it.",
            mark=REFUSED,
        )
    grants = ", ".join(f'"{grant}"' for grant in error.grants)
    return Explanation(
        f"The rule for {code(error.command)}{target} does not grant this: "
        f"{'; '.join(prose(danger) for danger in error.dangers)}. It takes "
        f"{code(f'grants = [{grants}]')} in that rule.",
        mark=REFUSED,
    )


def _too_many_lines(error: errors.TooManyLinesError) -> Explanation:
    del error
    return Explanation(
        "You send more lines than swarmbot takes, and further ones are dropped for 10 s. "
        "Nothing of them ran.",
        mark=REFUSED,
    )


def _too_many_tokens(error: errors.TooManyTokensError) -> Explanation:
    return Explanation(
        f"There are {error.most} tokens already. Revoke those that nobody needs: "
        f"{code('swarmbot token list')} shows when each was used.",
        mark=REFUSED,
    )


def _unauthenticated(error: errors.UnauthenticatedError) -> Explanation:
    del error
    return Explanation(
        "This token lets nobody in: it is wrong, or has expired, or was revoked.", mark=REFUSED
    )


def _too_many_calls(error: errors.TooManyCallsError) -> Explanation:
    return Explanation(f"Too many requests. Try again in {error.retry_after} s.", mark=REFUSED)


def _issuer_unavailable(error: errors.IssuerUnavailableError) -> Explanation:
    return Explanation(
        f"The keys of {escape(error.issuer)} cannot be read at the moment, so its tokens cannot be "
        "checked. Try again in a minute.",
        mark=REFUSED,
    )


def _no_place(error: errors.NoPlaceError) -> Explanation:
    instead = unreachable.instead(error.instead)
    if not error.channel:
        why = "no `channel` is configured, and a change of CI has no other place"
        options = ["set `channel` in swarmbot's file"]
    elif error.channel.startswith("D"):
        # Nobody can be invited into the direct messages of others.
        why = "swarmbot is no part of these direct messages"
        options = [instead or "ask in a channel that swarmbot is in"]
    else:
        why = (
            f"{unreachable.named(error.channel)} takes no messages of swarmbot "
            f"({unreachable.reason(error.refusal)})"
        )
        options = [option for option in (unreachable.remedy(error.refusal), instead) if option]
    asked = ", or ".join(options)
    return Explanation(
        f"Nothing was changed, because nobody would see it: {why}. {asked[0].upper()}{asked[1:]}.",
        mark=REFUSED,
    )


def _slack_refuses(error: errors.SlackRefusesError) -> Explanation:
    return Explanation(
        f"Nothing ran: Slack refuses swarmbot ({code(error.word)}), and nobody would see what came "
        "of it. The log of swarmbot says what to do.",
        mark=REFUSED,
    )


def _approval_not_found(error: errors.ApprovalNotFoundError) -> Explanation:
    return Explanation(
        f"There is no request {code(error.approval_id)} that you may decide on: it is for others, "
        "ended more than 7 days ago, or was lost. Nothing ran.",
        "approvals",
    )


def _approval_closed(error: errors.ApprovalClosedError) -> Explanation:
    approval = error.approval
    by = f" by {escape(approval.by)}" if approval.by else ""
    states = {
        ApprovalState.APPROVED: f"was approved already, by {_approvers(approval)}",
        ApprovalState.RUNNING: f"was approved already, by {_approvers(approval)}, and runs",
        ApprovalState.DONE: f"has ended: {escape(reason(approval.reason) or 'done')}",
        ApprovalState.REJECTED: f"was rejected{by}"
        + (f': "{escape(approval.reason)}"' if approval.reason else ""),
        ApprovalState.WITHDRAWN: f"was withdrawn{by}",
        ApprovalState.EXPIRED: f"expired {when(approval.expires)}",
        ApprovalState.REPLACED: "is no longer the plan: its message shows the new one",
    }
    said = states.get(approval.state, "is open")
    return Explanation(f"{_title(approval)} {said}.", mark=REFUSED)


def _self_approval(error: errors.SelfApprovalError) -> Explanation:
    return Explanation(
        f"You asked for {_title(error.approval)} yourself, so somebody else has to approve it: "
        f"{_roles(error.approval)}.",
        mark=REFUSED,
    )


def _not_approver(error: errors.NotApproverError) -> Explanation:
    return Explanation(
        f"You may not decide on {_title(error.approval)}: that is for {_roles(error.approval)}.",
        mark=REFUSED,
    )


def _already_approved(error: errors.AlreadyApprovedError) -> Explanation:
    approval = error.approval
    return Explanation(
        f"You approved {_title(approval)} already: it needs {approval.missing} more of "
        f"{_roles(approval)}.",
        mark=REFUSED,
    )


def _not_shown_yet(error: errors.NotShownYetError) -> Explanation:
    return Explanation(
        f"Not all of {_title(error.approval)} can be read yet: the file in its thread is still on "
        "its way. Nobody can approve it before.",
        "approvals",
        REFUSED,
    )


def _not_requester(error: errors.NotRequesterError) -> Explanation:
    approval = error.approval
    return Explanation(
        (
            f"Only {escape(approval.actor.name)}, who asked, can withdraw {_title(approval)}. "
            "Who may approve it can reject it."
        ),
        f"reject {approval.id} REASON",
        mark=REFUSED,
    )


def _on_hold(error: errors.OnHoldError) -> Explanation:
    mark = hold_mark(error.hold)
    if error.hold.freeze:
        then = "then, or until " if error.hold.until else ""
        return Explanation(
            f"{held(error.hold, error.name)}. "
            f"Nothing is changed until {then}{code(f'{SLASH} unfreeze')}.",
            mark=mark,
        )
    return Explanation(
        f"{held(error.hold, error.name)}. Ask them, or "
        f"{code(f'{SLASH} release {error.hold.pattern}')}.",
        mark=mark,
    )


def _not_holder(error: errors.NotHolderError) -> Explanation:
    return Explanation(
        (
            f"{held(error.hold, error.hold.pattern)}. To release it all the same, say why: "
            f"{escape(error.hold.owner.name)} is told."
        ),
        f'release {error.hold.pattern} --take-over "why"',
        mark=hold_mark(error.hold),
    )


def _title(approval: Approval) -> str:
    return escape(shortened(approval.plan.title, _LONGEST_TITLE))


def _roles(approval: Approval) -> str:
    return " or ".join(escape(role) for role in approval.needs.roles)


def _approvers(approval: Approval) -> str:
    return ", ".join(escape(name) for name in approval.approvers)


ACCESS_ERRORS: Mapping[type, Explain] = {
    errors.ReadOnlyError: _read_only,
    errors.OutsiderError: _outsider,
    errors.StandingUnknownError: _standing_unknown,
    errors.NotAllowedError: _not_allowed,
    errors.BeyondRightsError: _beyond_rights,
    errors.NotGrantedError: _not_granted,
    errors.TooManyLinesError: _too_many_lines,
    errors.TooManyTokensError: _too_many_tokens,
    errors.UnauthenticatedError: _unauthenticated,
    errors.TooManyCallsError: _too_many_calls,
    errors.IssuerUnavailableError: _issuer_unavailable,
    errors.NoPlaceError: _no_place,
    errors.SlackRefusesError: _slack_refuses,
    errors.ApprovalNotFoundError: _approval_not_found,
    errors.ApprovalClosedError: _approval_closed,
    errors.SelfApprovalError: _self_approval,
    errors.NotApproverError: _not_approver,
    errors.AlreadyApprovedError: _already_approved,
    errors.NotRequesterError: _not_requester,
    errors.NotShownYetError: _not_shown_yet,
    errors.OnHoldError: _on_hold,
    errors.NotHolderError: _not_holder,
}
