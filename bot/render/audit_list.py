"""Changes by people and CI from the audit, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import Message
from bot.model.english import plural, seconds
from bot.render.slack.blocks import MOST_ROWS, context, message, table
from bot.render.slack.text import code


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """A change as the audit has it.

    `what` is its title. `result` is empty and `took`, in seconds, None while it runs.
    """

    at: datetime
    actor: str
    title: str
    source: str
    approved_by: tuple[str, ...] = ()
    result: str = ""
    took: float | None = None


def cut(missing: int, entries: int) -> Message:
    """An entry that the bot had noted is not in the audit any more."""
    left = plural(entries, "entry is", "entries are") if entries else "nothing is"
    why = (
        f"{left} left in Redis. Somebody who can write to it removed or forged entries, or it lost "
        f"its data. Stop changes ({code('/swarm freeze')}), and look at who reaches Redis: "
        f"{code('swarmbot audit verify')} says what is whole. What waits in Redis (lines in the "
        f"queue, approved requests) does not run until {code('audit-head')} under "
        f"{code('SWARMBOT_DATA')} is removed."
    )
    return message(f"🔴 The audit was cut or rewritten · entry {missing} is gone", [why])


def audited(entries: Sequence[Audited], limit: int) -> Message:
    """The entries, the newest first; `limit` is the largest number that was asked for."""
    if not entries:
        return message("🟢 The audit has no such change")
    approved = any(entry.approved_by for entry in entries)
    rows = [_row(entry, approved) for entry in entries]
    columns = (
        "WHEN (UTC)",
        "WHO",
        *(("APPROVED BY",) if approved else ()),
        "WHAT",
        "RESULT",
        "TOOK",
    )
    blocks, files = table(columns, rows, MOST_ROWS, "audit.txt")
    older = f"only the newest {limit}" if len(entries) >= limit else ""
    failed = sum(entry.result not in ("", "done") for entry in entries)
    state = f"{'🟠' if failed else '🟢'} {plural(len(entries), 'change')}"
    return message(
        state + (f" · {failed} not done" if failed else ""), (), [*blocks, *context(older)], files
    )


def _row(entry: Audited, approved: bool) -> tuple[str, ...]:
    return (
        f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M}",
        entry.actor,
        *((", ".join(entry.approved_by),) if approved else ()),
        entry.title,
        entry.result or "not ended",
        seconds(entry.took) if entry.took is not None else "",
    )
