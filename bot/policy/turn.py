"""Whether what waited in line comes to the same when it is called; pure."""

from __future__ import annotations

from bot.model import Plan


def new_parts(before: Plan, now: Plan) -> tuple[str, ...]:
    """What the plan of now would do that the plan of then did not say.

    What was there before is not compared: that it moves is why the change waited. Less to change is
    no other change.
    """
    said = {(change.field, change.after) for change in before.changes}
    parts = [
        f"{change.field} would become {change.after or 'not set'}"
        for change in now.changes
        if (change.field, change.after) not in said
    ]
    parts += [danger.words for danger in now.dangers if danger not in before.dangers]
    if now.title != before.title:
        parts.append(now.title)
    if now.falls and not before.falls:
        parts.append("half of its tasks or more would stop")
    return tuple(parts)
