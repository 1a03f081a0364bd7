"""One change of a service on record, whole: what its message leaves out, for who asks for it."""

from __future__ import annotations

from datetime import datetime

from bot.model import Ending, Message, Rollout
from bot.model.audit import AuditEntry
from bot.model.english import seconds
from bot.render.plans import differences
from bot.render.rollout.endings import Next, moves_image, subject
from bot.render.rollout.rollout_message import asked, next_button
from bot.render.slack.blocks import Block, actions, context, image, message, when
from bot.render.slack.details_table import filled, part
from bot.render.slack.text import code, escape, prose

_MARKS = {
    Ending.DONE: "✅",
    Ending.ROLLED_BACK: "↩️",
    Ending.PAUSED: "⏸",
    Ending.FAILED: "❌",
    Ending.TIMED_OUT: "❌",
}
_OTHER_MARK = "🟠"


def sheet(rollout: Rollout, end: AuditEntry | None, now: datetime, *, runs: bool) -> Message:
    """The change, its end as the audit has it (None where that does not), and what can be done."""
    ending = str((end.outcome or {}).get("ending", "")) if end else ""
    state = f"rolling for {seconds((now - rollout.started).total_seconds())}" if runs else ending
    mark = "🔵" if runs else _mark(ending)
    head = f"{mark} {subject(rollout)} · {state or 'ended'}"
    moved = f"{image(rollout.before)} → {image(rollout.after)}" if moves_image(rollout) else ""
    return message(
        head,
        [
            moved,
            prose(rollout.summary),
            *(f"⚠ {prose(warning)}" for warning in rollout.warnings),
        ],
        [
            *differences(rollout.changes),
            *_digests(rollout),
            *actions(*(next_button(step, rollout) for step in _steps(rollout, ending))),
            *context(asked(rollout), f"began {when(rollout.started)}", _took(end)),
            *context(
                f"gives up {when(rollout.deadline)}" if runs else "",
                f"revision {rollout.revision}" if rollout.revision else "",
                f"rollback asked by {escape(rollout.rollback_by)}" if rollout.rollback_by else "",
                f"rollout {escape(rollout.id)}",
                code(rollout.line),
            ),
        ],
    )


def _mark(ending: str) -> str:
    return next((mark for known, mark in _MARKS.items() if known == ending), _OTHER_MARK)


def _digests(rollout: Rollout) -> list[Block]:
    if not moves_image(rollout):
        return []
    rows = filled(("from", rollout.before.digest), ("to", rollout.after.digest))
    return [part("", rows)] if rows else []


def _steps(rollout: Rollout, ending: str) -> tuple[Next, ...]:
    is_back = rollout.verb.endswith("rollback") or ending == Ending.ROLLED_BACK
    undo = moves_image(rollout) and not is_back and not rollout.rollback_by
    back = (Next.ROLL_BACK,) if undo else ()
    return (*back, Next.TASKS, Next.LOGS, Next.HISTORY)


def _took(end: AuditEntry | None) -> str:
    return f"took {seconds(end.seconds)}" if end and end.seconds is not None else ""
