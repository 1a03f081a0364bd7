"""Once a day: how it is, what happened since yesterday, and what ends soon; two lines where nothing
did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import singledispatch

from bot.model import Message, Status
from bot.model.alert_facts import AlertKind
from bot.model.approval import Approval
from bot.model.english import and_more, plural, seconds
from bot.model.hold import Hold
from bot.model.incident import Entry, Happened, Problem
from bot.render import status
from bot.render.alerts.alert_reasons import reason
from bot.render.alerts.alert_words import kind_words, name_words
from bot.render.audit_list import Audited
from bot.render.slack.blocks import context, message, when
from bot.render.slack.text import brief, escape, prose, shortened

_NAMED = 3
_LONGEST = 120
_FIRST = datetime.min.replace(tzinfo=UTC)
"""Certificates, which say themselves when they end, come first."""
_DONE = ("done", "")
_SAID_ONCE = (AlertKind.CHANGED_OUTSIDE, AlertKind.LEADER_MOVED)


@dataclass(frozen=True, slots=True)
class Expiry:
    """When something ends, in words; `at` is None where these say when."""

    words: str
    at: datetime | None = None


Ending = Problem | Hold | Approval
"""What ends soon: a certificate that is a problem, a hold, a request that waits for approval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is known of a day. `health` is None where no engine answers; `entries` and `changes` in
    any order.

    `unknown` names what could not be read, `audit` its newest entry, to compare with later.
    """

    health: Status | None
    entries: Sequence[Entry] = ()
    changes: Sequence[Audited] = ()
    endings: Sequence[Ending] = ()
    unknown: Sequence[str] = ()
    audit: str = ""


def digest(day: Day) -> Message:
    """Health, alerts, changes, ends: at most a dozen lines."""
    happened = [
        *_alerts(day.entries),
        *_changes(day.changes),
        *_said_once(day.entries),
        *_endings(day.endings),
    ]
    head = status.headline(day.health) if day.health else "🔴 No engine answers the bot"
    head += " · nothing happened since yesterday" if not happened and not day.unknown else ""
    numbers = (
        status.lines(day.health)[:1]
        if day.health
        else ["The Swarm may be well: `swarmbot check` says why not"]
    )
    unread = f"could not be read: {', '.join(map(escape, day.unknown))}" if day.unknown else ""
    newest = f"newest entry of the audit: {escape(day.audit)}" if day.audit else ""
    return message(head, [*numbers, *happened], context(unread, newest))


# ---- alerts


def _alerts(entries: Sequence[Entry]) -> list[str]:
    """How many began and ended, then what is still open, then what took longest."""
    opened = {entry.id: entry for entry in entries if entry.happened is Happened.OPENED}
    over = {entry.id: entry for entry in entries if entry.happened is Happened.RESOLVED}
    if not opened and not over:
        return []
    still = [entry for entry in opened.values() if entry.id not in over]
    counts = f"*Alerts*: {len(opened)} opened, {len(over)} resolved" + (
        f", {len(still)} still open" if still else ""
    )
    worst = sorted(still, key=lambda entry: (-entry.severity.rank, entry.at))
    longest = sorted(
        over.values(),
        key=lambda entry: (-entry.severity.rank, -(entry.lasted or timedelta()).total_seconds()),
    )
    return [counts, *_bulleted([*map(_open, worst), *map(_over, longest)])]


def _open(entry: Entry) -> str:
    return f"{kind_words(entry.kind, entry.name)} · since {when(entry.at)}"


def _over(entry: Entry) -> str:
    lasted = f" · for {seconds(entry.lasted.total_seconds())}" if entry.lasted else ""
    return f"{kind_words(entry.kind, entry.name)}{lasted} · over"


def _said_once(entries: Iterable[Entry]) -> list[str]:
    notes = [entry for entry in entries if entry.happened is Happened.NOTED]
    outside = Counter(note.name for note in notes if note.kind is AlertKind.CHANGED_OUTSIDE)
    moved = [note for note in notes if note.kind is AlertKind.LEADER_MOVED]
    others = [note for note in notes if note.kind not in _SAID_ONCE]
    parts = [
        f"*Changed outside swarmbot*: {_names(outside)}" if outside else "",
        f"*The leader moved* {plural(len(moved), 'time')}, to {name_words(moved[-1].name)} at last"
        if moved
        else "",
        f"*Noted*: {_names(Counter(note.name for note in others))}" if others else "",
    ]
    return [part for part in parts if part]


# ---- changes


def _changes(changes: Sequence[Audited]) -> list[str]:
    """Who changed how much; one by one those that did not end well, and where they are few, all."""
    if not changes:
        return []
    people = _names(Counter(change.actor for change in changes))
    bad = [change for change in changes if change.result not in _DONE]
    counts = f"*{plural(len(changes), 'change')}* by {people}" + (
        f", {len(bad)} not done" if bad else ""
    )
    shown = changes if len(changes) <= _NAMED else bad
    return [counts, *_bulleted([_change(change) for change in shown])]


def _change(change: Audited) -> str:
    title = escape(shortened(brief(change.title), _LONGEST))
    return f"{title} by {escape(change.actor)} · {escape(change.result) or 'not ended'}"


# ---- ends


def _endings(endings: Sequence[Ending]) -> list[str]:
    ordered = sorted(map(expiry, endings), key=lambda expiry: expiry.at or _FIRST)
    lines = [
        prose(expiry.words) + (f" {when(expiry.at)}" if expiry.at else "") for expiry in ordered
    ]
    return ["*Ends soon*", *_bulleted(lines)] if lines else []


@singledispatch
def expiry(ending: object) -> Expiry:
    """The words for something that ends soon."""
    raise TypeError(f"no words for {type(ending).__name__}")


@expiry.register
def _(problem: Problem) -> Expiry:
    cause = reason(problem.facts, problem.name).cause
    return Expiry(f"{problem.name}: {cause[:1].lower()}{cause[1:].rstrip('.')}")


@expiry.register
def _(approval: Approval) -> Expiry:
    words = f"{approval.plan.title} by {approval.actor.name} waits for approval until"
    return Expiry(words, approval.expires)


@expiry.register
def _(hold: Hold) -> Expiry:
    held = "everything is frozen" if hold.freeze else f"{hold.pattern} is held"
    why = f' ("{hold.reason}")' if hold.reason else ""
    return Expiry(f"{held} by {hold.owner.name}{why}, until", hold.until)


def _bulleted(lines: Sequence[str]) -> list[str]:
    """The first ones, with the number of the others behind the last."""
    left = len(lines) - _NAMED
    shown = [f"• {line}" for line in lines[:_NAMED]]
    return [*shown[:-1], f"{shown[-1]} ·{and_more(left)}"] if left > 0 else shown


def _names(counted: Counter[str]) -> str:
    shown = [
        name_words(name) + (f" ({count})" if count > 1 or len(counted) > 1 else "")
        for name, count in counted.most_common(5)
    ]
    left = len(counted) - len(shown)
    return ", ".join(shown) + and_more(left)
