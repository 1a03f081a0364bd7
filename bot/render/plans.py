"""Plans before they run, and the ending of a change that is no rollout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.model import Difference, Ending, Message, Outcome, Plan, Rollout
from bot.model.change import Fate
from bot.model.english import plural, seconds
from bot.render.slack import fence
from bot.render.slack.blocks import Block, call, context, image, message, section
from bot.render.slack.text import brief, escape, preformatted, prose, sentence

_MARKS = {
    Ending.DONE: "✅",
    Ending.ROLLED_BACK: "↩️",
    Ending.PAUSED: "⏸",
    Ending.FAILED: "❌",
    Ending.TIMED_OUT: "❌",
    Ending.SUPERSEDED: "🟠",
    Ending.UNFOLLOWED: "🟠",
}
MOST_DIFFERENCES = 20
CELL_CHARACTERS = 60
"""Of a value that a row shows."""


def noop(plan: Plan) -> Message:
    """The plan changes nothing; the message says why."""
    return message(
        f"✅ {escape(plan.title)} · nothing to change", [prose(sentence(plan.noop_reason))]
    )


def planned(plan: Plan) -> Message:
    """What a change would do, before it is decided on."""
    return message(
        f"🟡 {escape(plan.title)} · planned", plan_lines(plan), differences(plan.changes)
    )


def ended(plan: Plan, outcome: Outcome, small_print: str = "") -> Message:
    """How a change ended that was no rollout; `small_print` says who asked."""
    if outcome.message:
        return outcome.message
    word = "" if outcome.ending is Ending.DONE else f" · {outcome.ending}"
    head = (
        f"{_MARKS[outcome.ending]} {escape(outcome.title or plan.title)}{word} · "
        f"{seconds(outcome.seconds)}"
    )
    lines = [prose(line) for line in outcome.lines]
    if outcome.ending is not Ending.DONE:
        return message(head, lines, context(small_print))
    shown = [*differences(plan.changes), *context(small_print)]
    return message(head, [*(lines or [prose(plan.summary)]), *_warnings(plan)], shown)


def calling(ending: Message, people: Sequence[str]) -> Message:
    """Notifies people of how a change ended, in its thread: an edit notifies nobody.

    The notification says how; the thread stands below the message that does.
    """
    return Message(ending.text, tuple(call(people)))


def elsewhere(plan: Plan, channel: str) -> Message:
    """Says where a change is shown that was asked for elsewhere.

    `channel` is empty where that is the direct messages of who asked.
    """
    where = f"it is shown in <#{channel}>" if channel else "it is shown in your direct messages"
    return message(f"🔵 {escape(plan.title)} · {where}")


def turning_back(rollout: Rollout) -> Message:
    """A rollout that runs was told to roll back; its own message goes on."""
    return message(
        f"↩️ {escape(rollout.service)} turns back to {image(rollout.before)} · its message goes on"
    )


def followed_no_more(rollout: Rollout) -> Message:
    """A rollout that runs is not followed any more; its own message says where it stands."""
    rest = (
        "its lock goes when the other services of the same change have ended too"
        if rollout.part_of
        else "its message says where it stands"
    )
    return message(f"✅ {escape(rollout.service)} is followed no more · {rest}")


def interrupted(title: str, fate: Fate, small_print: str) -> Message:
    """What became of a change whose bot was stopped, by what another one found; `small_print` says
    who asked."""
    heads = {
        Fate.DONE: ("✅", "done, though swarmbot was stopped meanwhile"),
        Fate.NOT_DONE: ("❌", "nothing was changed"),
        Fate.UNSURE: ("🟠", "was interrupted"),
    }
    why = {
        Fate.DONE: "",
        Fate.NOT_DONE: "swarmbot was stopped before it changed anything. Send the line again.",
        Fate.UNSURE: (
            "swarmbot was stopped while it ran: all, a part or nothing of it may be done. Look at "
            "what is there before you try again."
        ),
    }
    mark, state = heads[fate]
    return message(f"{mark} {escape(title)} · {state}", [why[fate]], context(small_print))


def recorded(plan: Plan) -> Mapping[str, Any]:
    """A plan as the audit keeps it: values that JSON can carry."""
    return {
        "title": plan.title,
        "summary": plan.summary,
        "changes": [[change.field, change.before, change.after] for change in plan.changes],
        "warnings": list(plan.warnings),
        "targets": list(plan.targets),
        "services": list(plan.services),
        "fingerprint": plan.fingerprint,
    }


def plan_lines(plan: Plan) -> list[str]:
    """The summary and the warnings of a plan."""
    return [prose(plan.summary), *_warnings(plan)]


def differences(changes: Sequence[Difference]) -> list[Block]:
    """What changes, field by field, as `field before → after`."""
    if not changes:
        return []
    rows = [
        (change.field, brief(change.before) or "not set", brief(change.after) or "not set")
        for change in changes[:MOST_DIFFERENCES]
    ]
    left = len(changes) - len(rows)
    shown = section(preformatted(fence.differences(rows)))
    return [shown, *context(f"and {plural(left, 'more change')}" if left else "")]


def _warnings(plan: Plan) -> list[str]:
    return [f"⚠ {prose(warning)}" for warning in plan.warnings]
