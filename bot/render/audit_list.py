"""What people and CI changed, from the audit, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import Message
from bot.model.english import plural, seconds
from bot.render.slack.blocks import MOST_ROWS, context, message, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One change as the audit has it; `result` is empty while it runs, and `took` (in seconds)
    None."""

    at: datetime
    actor: str
    what: str
    source: str
    approved_by: tuple[str, ...] = ()
    result: str = ""
    took: float | None = None


def audited(entries: Sequence[Audited], limit: int) -> Message:
    """The entries that were asked for, the newest first; `limit` is how many there are at most."""
    if not entries:
        return message("🟢 The audit has no such change")
    approved = any(one.approved_by for one in entries)
    rows = [_row(one, approved) for one in entries]
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
    failed = sum(one.result not in ("", "done") for one in entries)
    state = f"{'🟠' if failed else '🟢'} {plural(len(entries), 'change')}"
    return message(
        state + (f" · {failed} not done" if failed else ""), (), [*blocks, *context(older)], files
    )


def _row(entry: Audited, approved: bool) -> tuple[str, ...]:
    return (
        f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M}",
        entry.actor,
        *((", ".join(entry.approved_by),) if approved else ()),
        entry.what,
        entry.result or "not ended",
        seconds(entry.took) if entry.took is not None else "",
    )
