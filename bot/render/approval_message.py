"""A request for approval in one message through its life, and the list of those that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.errors import SwarmbotError
from bot.model import Difference, Ending, Kind, Message
from bot.model.approval import NOTHING_TO_CHANGE, Approval, ApprovalState
from bot.model.english import plural, seconds
from bot.model.slash import SLASH
from bot.render import approval_rows
from bot.render.asker import asked_by
from bot.render.errors import explain
from bot.render.errors.reasons import reason
from bot.render.plans import differences
from bot.render.slack.blocks import Block, actions, button, call, called, context, message, when
from bot.render.slack.tables import Column, table
from bot.render.slack.text import brief, code, escape, prose, shortened

_TITLE_CHARACTERS = 120
_COLUMNS = (
    Column("ID"),
    Column("CHANGE", sentence=True),
    Column("ASKED BY"),
    Column("WAITS FOR"),
    Column("LEFT"),
)
_SUCCESSES = (Ending.DONE, NOTHING_TO_CHANGE)


def shown(approval: Approval, people: Iterable[str] = ()) -> Message:
    """The request as it is now: what would change, who decides, or how it ended.

    `people`, ids of users and user groups, are notified while it is open.
    """
    if approval.state is ApprovalState.OPEN:
        return message(
            f"🟡 {title(approval)} · needs approval",
            _plan(approval),
            _decision(approval, people),
            () if approval_rows.fits(approval.plan) else (approval_rows.whole(approval),),
        )
    small_print = context(_asked(approval), _approved(approval), _number(approval))
    head, lines = _words(approval)
    return message(head, lines, [*actions(_again(approval)), *small_print])


def ending(approval: Approval) -> Message:
    """How the request ended, for the thread: it notifies the person who asked, or whose commit CI
    asked for."""
    head, lines = _words(approval)
    return message(head, lines, call(approval.actor.called))


def step_taken(approval: Approval, channel: str) -> Message:
    """What came of somebody's step, for who took it elsewhere than at the request's message.

    `channel` is where that stands; empty where nothing of it is shown there any more.
    """
    is_open = approval.state is ApprovalState.OPEN
    head = f"🟡 {title(approval)} · {_progress(approval)}" if is_open else _words(approval)[0]
    return message(f"{head} · it is shown in <#{channel}>" if channel else head)


def reminder(approval: Approval, people: Iterable[str]) -> Message:
    """The reminder after half of the time, for the thread: it notifies `people`."""
    return message(
        f"🟡 {title(approval)} · still needs approval · expires {when(approval.expires)}",
        [" ".join((_waits(approval), *map(called, people)))],
        context(_asked(approval), _progress(approval), _number(approval)),
    )


def renewed(approval: Approval, people: Iterable[str]) -> Message:
    """For the thread, when the plan has become another one: it notifies who decides and who asked,
    since the message is only edited."""
    return message(
        f"🟡 {title(approval)} · the plan has changed, and needs approval anew",
        [_waits(approval)],
        [*call((*people, *approval.actor.called)), *context(_number(approval))],
    )


def abandoned(approval: Approval) -> Message:
    """The request that a bot ran when it was stopped: what is known of it."""
    head, why = (
        f"❌ {title(approval)} · did not run",
        "swarmbot was stopped before it began: nothing was changed.",
    )
    if approval.run:
        head = f"❌ {title(approval)} · was interrupted"
        why = (
            "swarmbot was stopped while it ran: part of it may be done. Look at what is there "
            "before you try again."
        )
    small_print = context(_asked(approval), _approved(approval), _number(approval))
    return message(head, [why], [*actions(_retry(approval)), *small_print])


def not_run(approval: Approval, error: SwarmbotError) -> tuple[Message, Message]:
    """The request that was approved, and then met an error before it began.

    The second message is for the thread: it notifies who asked, since the first is only an edit.
    """
    explanation = explain.words(error)
    head = f"{explanation.mark} {title(approval)} · did not run"
    small_print = context(_asked(approval), _approved(approval), _number(approval))
    blocks = [*explain.advice(explanation), *small_print]
    return (
        message(head, [explanation.sentence], blocks),
        message(head, [explanation.sentence], call(approval.actor.called)),
    )


def lost(approval: Approval) -> Message:
    """The request that Redis does not know any more, though nobody ended it."""
    lost_data = "Redis has lost its data, and this request with it"
    approved = approval.state is ApprovalState.APPROVED
    mark, why = (
        ("🟠", f"{lost_data}: it was approved, and may have run. Look before you ask again.")
        if approved
        else ("❌", f"{lost_data}: nothing was changed.")
    )
    small_print = context(_asked(approval), _approved(approval), _number(approval))
    return message(f"{mark} {title(approval)} · the request is gone", [why], small_print)


def listed(waiting: Sequence[Approval], now: datetime) -> Message:
    """Every request that waits for approval, the one that expires first on top."""
    if not waiting:
        return message("🟢 Nothing waits for approval")
    ordered = sorted(waiting, key=lambda approval: (approval.expires, approval.id))
    rows = [
        (
            approval.id,
            approval.plan.title,
            approval.actor.name,
            _whom(approval),
            seconds((approval.expires - now).total_seconds()),
        )
        for approval in ordered
    ]
    blocks, files = table(_COLUMNS, rows, "approvals.txt")
    if len(ordered) == 1:
        blocks += actions(*buttons(ordered[0]))
    hint = f"{code(f'{SLASH} approve ID')} or {code(f'{SLASH} reject ID REASON')}"
    return message(f"🟡 {_count(ordered)}", (), [*blocks, *context(hint)], files)


# ---- what is asked for


def _plan(approval: Approval) -> list[str]:
    plan = approval.plan
    first = "".join(map(_inline, plan.changes[:1]))
    return [
        f"The plan has changed: {prose('; '.join(approval.moved))}." if approval.moved else "",
        " · ".join(part for part in (first, prose(plan.summary)) if part),
        *(f"⚠ {prose(warning)}" for warning in plan.warnings),
    ]


def _decision(approval: Approval, people: Iterable[str]) -> list[Block]:
    small_print = context(
        _asked(approval),
        _progress(approval),
        _waits(approval),
        f"expires {when(approval.expires)}",
        _number(approval),
    )
    return [
        *differences(approval_rows.below(approval.plan)),
        *_file(approval),
        *call(people),
        *actions(*buttons(approval)),
        *small_print,
    ]


def _file(approval: Approval) -> list[Block]:
    """Where the rest is, that the message cannot show."""
    if approval_rows.fits(approval.plan):
        return []
    name = escape(approval_rows.file_name(approval))
    if approval.awaits_file:
        return context(f"not all of it fits here: {name} is on its way into the thread")
    return context(f"not all of it fits here: {name} in the thread has everything")


def buttons(approval: Approval) -> list[Block]:
    """Approve and reject. A dangerous change asks once more, and nobody can approve before all of
    it can be read.
    """
    reject = button("Reject", f"reject {approval.id}")
    if approval.awaits_file:
        return [reject]
    danger = approval.plan.kind is Kind.DANGER
    asks = f"{approval.plan.title}. This is hard or impossible to take back." if danger else ""
    approve = button(
        "Approve", f"approve {approval.id}", "danger" if danger else "primary", shortened(asks, 300)
    )
    return [approve, reject]


def _inline(change: Difference) -> str:
    before, after = brief(change.before), brief(change.after)
    name = "" if change.field == "image" else f"{escape(change.field)} "
    return f"{name}{escape(before) or 'not set'} → {escape(after) or 'not set'}"


def _waits(approval: Approval) -> str:
    return f"waits for {escape(_whom(approval))}"


def _whom(approval: Approval) -> str:
    roles = " or ".join(approval.needs.roles)
    return f"{approval.missing} of {roles}" if approval.missing > 1 else roles


def _progress(approval: Approval) -> str:
    if not approval.given:
        return ""
    by = ", ".join(escape(name) for name in approval.approvers)
    return f"{len(approval.given)} of {approval.needs.count} approved: {by}"


# ---- how it ended


def _words(approval: Approval) -> tuple[str, list[str]]:
    name, why = title(approval), approval.reason
    match approval.state:
        case ApprovalState.APPROVED | ApprovalState.RUNNING:
            return f"🔵 {name} · approved, begins", []
        case ApprovalState.REJECTED:
            return f"❌ {name} · rejected by {escape(approval.by)}", [
                f'"{escape(why)}"' if why else ""
            ]
        case ApprovalState.WITHDRAWN:
            return f"🟠 {name} · withdrawn by {escape(approval.by)}", ["Nothing was changed."]
        case ApprovalState.EXPIRED:
            return f"🟠 {name} · expired", [_expired(approval)]
        case ApprovalState.REPLACED:
            return f"🟠 {name} · replaced by a new plan", ["Nothing was changed."]
        case _:
            done = why in _SUCCESSES
            head = f"{'✅' if done else '❌'} {name} · {escape(reason(why)) if why else 'ended'}"
            return head, []


def _expired(approval: Approval) -> str:
    if approval.missing:
        waited = seconds((approval.expires - approval.asked).total_seconds())
        return (
            f"Nobody decided within {waited}. Nothing was changed."
            if not approval.given
            else _too_few(approval)
        )
    return "It was approved, and did not begin in time. Nothing was changed."


def _too_few(approval: Approval) -> str:
    return f"Only {_progress(approval)}. Nothing was changed."


def _again(approval: Approval) -> Block | None:
    if approval.state in (ApprovalState.EXPIRED, ApprovalState.WITHDRAWN):
        return button("Ask again", approval.again)
    return None


def _retry(approval: Approval) -> Block | None:
    return button("Retry", approval.again) if not approval.run else None


# ---- parts


def title(approval: Approval) -> str:
    """The plan's title, short enough for a headline."""
    return escape(shortened(approval.plan.title, _TITLE_CHARACTERS))


def _asked(approval: Approval) -> str:
    reason = approval.command.get("flags", {}).get("reason") or ""
    why = reason if isinstance(reason, str) else " ".join(map(str, reason))
    return asked_by(approval.actor, reason=why)


def _approved(approval: Approval) -> str:
    approvals = [
        f"{escape(approval.actor.name)} {when(approval.at)}" for approval in approval.given
    ]
    return f"approved by {', '.join(approvals)}" if approvals else ""


def _number(approval: Approval) -> str:
    return f"id {escape(approval.id)}"


def _count(waiting: Sequence[Approval]) -> str:
    return f"{plural(len(waiting), 'change waits', 'changes wait')} for approval"
