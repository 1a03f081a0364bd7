"""Changes by people and CI from the audit, the newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import Message
from bot.model.audit import Refusal
from bot.model.english import plural, seconds, shortlist
from bot.model.slash import SLASH
from bot.render.errors.reasons import reason
from bot.render.slack.blocks import context, message
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, prose

MOST_NAMED = 3
"""People who were refused, and commands of each, that a line names."""


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
        f"its data. Stop changes ({code(f'{SLASH} freeze the audit was cut')}), and look at who "
        f"reaches Redis: {code('swarmbot audit verify')} says what is whole. What waits in Redis "
        f"(lines in the queue, approved requests) does not run until {code('audit-head')} under "
        f"{code('SWARMBOT_DATA')} is removed."
    )
    return message(f"🔴 The audit was cut or rewritten · entry {missing} is gone", [why])


def audited(entries: Sequence[Audited], limit: int, refusals: Sequence[Refusal] = ()) -> Message:
    """The entries, the newest first; `limit` is the largest number that was asked for.

    `refusals` are those of the last day.
    """
    if not entries:
        return message("🟢 The audit has no such change", (), context(_refusals(refusals)))
    approved = any(entry.approved_by for entry in entries)
    rows = [_row(entry, approved) for entry in entries]
    columns = (
        Column("WHAT", sentence=True),
        Column("RESULT"),
        Column("WHO"),
        *((Column("APPROVED BY"),) if approved else ()),
        Column("WHEN (UTC)"),
        Column("TOOK"),
    )
    blocks, files = table(columns, rows, "audit.txt")
    older = f"only the newest {limit}" if len(entries) >= limit else ""
    failed = sum(entry.result not in ("", "done") for entry in entries)
    state = f"{'🟠' if failed else '🟢'} {plural(len(entries), 'change')}"
    return message(
        state + (f" · {failed} not done" if failed else ""),
        (),
        [*blocks, *context(older), *context(_refusals(refusals))],
        files,
    )


def refused(refusals: Sequence[Refusal], records: int) -> Message:
    """What people tried and may not do, the newest first, out of so many records."""
    if not refusals:
        return message("🟢 Nobody was refused anything")
    rows = [
        (
            f"{refusal.at.astimezone(UTC):%Y-%m-%d %H:%M}",
            f"{refusal.actor} ({refusal.actor_id})" if refusal.actor_id else refusal.actor,
            " ".join(part for part in (refusal.command, refusal.request) if part),
            reason(refusal.why),
            str(refusal.times),
            refusal.source,
        )
        for refusal in refusals
    ]
    columns = (
        Column("LAST (UTC)"),
        Column("WHO"),
        Column("WHAT", sentence=True),
        Column("WHY", sentence=True),
        Column("TIMES", number=True),
        Column("CHANNEL"),
    )
    blocks, files = table(columns, rows, "refusals.txt")
    older = f"only the newest {len(refusals)} of {records}" if records > len(refusals) else ""
    head = f"✋ {plural(sum(refusal.times for refusal in refusals), 'refusal')}"
    return message(head, (), [*blocks, *context(older, "kept for 7 days")], files)


def _refusals(refusals: Sequence[Refusal]) -> str:
    """`12 refusals in the last 24 h: guest ×10 (scale), dev ×2 (deploy)`, the most first."""
    if not refusals:
        return ""
    people = Counter[tuple[str, str]]()
    commands: dict[tuple[str, str], dict[str, None]] = {}
    for refusal in refusals:
        person = refusal.actor_id, refusal.actor
        people[person] += refusal.times
        commands.setdefault(person, {})[refusal.command] = None
    parts = [
        f"{prose(person[1])} ×{times} ({prose(shortlist(tuple(commands[person]), MOST_NAMED))})"
        for person, times in people.most_common(MOST_NAMED)
    ]
    more = len(people) - len(parts)
    rest = f" and {plural(more, 'other')}" if more else ""
    total = plural(people.total(), "refusal")
    listing = code(f"{SLASH} audit --refused")
    return f"✋ {total} in the last 24 h: {', '.join(parts)}{rest} · {listing}"


def _row(entry: Audited, approved: bool) -> tuple[str, ...]:
    return (
        entry.title,
        entry.result or "not ended",
        entry.actor,
        *((", ".join(entry.approved_by),) if approved else ()),
        f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M}",
        seconds(entry.took) if entry.took is not None else "",
    )
