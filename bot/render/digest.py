"""Once a day: how it is, what happened since yesterday, and what ends soon; two lines where nothing
did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.model import Message, Status
from bot.model.incident import AlertKind, Entry, Happened
from bot.render import status
from bot.render.alerts.alert_words import name_words, trouble_words
from bot.render.audit_list import Audited
from bot.render.slack.blocks import context, message, plural, seconds, when
from bot.render.slack.text import brief, escape, prose, shortened

_NAMED = 3
_LONGEST = 120
_FIRST = datetime.min.replace(tzinfo=UTC)
"""Certificates, which say themselves when they end, come first."""
_DONE = ("done", "")
_SAID_ONCE = (AlertKind.CHANGED_OUTSIDE, AlertKind.LEADER_MOVED)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Something that ends soon, in words; `at` is None where these say when."""

    what: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is known of a day. `health` is None where no engine answers; `entries` and `changes` in
    any order.

    `unknown` names what could not be read.
    """

    health: Status | None
    entries: Sequence[Entry] = ()
    changes: Sequence[Audited] = ()
    endings: Sequence[Expiry] = ()
    unknown: Sequence[str] = ()


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
    return message(head, [*numbers, *happened], context(unread))


# ---- alerts


def _alerts(entries: Sequence[Entry]) -> list[str]:
    """How many began and ended, then what is still open, then what took longest."""
    opened = {one.id: one for one in entries if one.happened is Happened.OPENED}
    over = {one.id: one for one in entries if one.happened is Happened.RESOLVED}
    if not opened and not over:
        return []
    still = [one for one in opened.values() if one.id not in over]
    counts = f"*Alerts*: {len(opened)} opened, {len(over)} resolved" + (
        f", {len(still)} still open" if still else ""
    )
    worst = sorted(still, key=lambda one: (-one.severity.rank, one.at))
    longest = sorted(
        over.values(),
        key=lambda one: (-one.severity.rank, -(one.lasted or timedelta()).total_seconds()),
    )
    return [counts, *_some([*map(_open, worst), *map(_over, longest)])]


def _open(one: Entry) -> str:
    return f"{trouble_words(one.trouble, one.name)} · since {when(one.at)}"


def _over(one: Entry) -> str:
    lasted = f" · for {seconds(one.lasted.total_seconds())}" if one.lasted else ""
    return f"{trouble_words(one.trouble, one.name)}{lasted} · over"


def _said_once(entries: Iterable[Entry]) -> list[str]:
    notes = [one for one in entries if one.happened is Happened.NOTED]
    outside = Counter(one.name for one in notes if one.trouble is AlertKind.CHANGED_OUTSIDE)
    moved = [one for one in notes if one.trouble is AlertKind.LEADER_MOVED]
    others = [one for one in notes if one.trouble not in _SAID_ONCE]
    parts = [
        f"*Changed outside swarmbot*: {_names(outside)}" if outside else "",
        f"*The leader moved* {plural(len(moved), 'time')}, to {name_words(moved[-1].name)} at last"
        if moved
        else "",
        f"*Noted*: {_names(Counter(one.name for one in others))}" if others else "",
    ]
    return [part for part in parts if part]


# ---- changes


def _changes(changes: Sequence[Audited]) -> list[str]:
    """Who changed how much; one by one those that did not end well, and where they are few, all."""
    if not changes:
        return []
    people = _names(Counter(one.actor for one in changes))
    bad = [one for one in changes if one.result not in _DONE]
    counts = f"*{plural(len(changes), 'change')}* by {people}" + (
        f", {len(bad)} not done" if bad else ""
    )
    return [counts, *_some([_change(one) for one in (changes if len(changes) <= _NAMED else bad)])]


def _change(one: Audited) -> str:
    what = escape(shortened(brief(one.what), _LONGEST))
    return f"{what} by {escape(one.actor)} · {escape(one.result) or 'not ended'}"


# ---- ends


def _endings(endings: Sequence[Expiry]) -> list[str]:
    ordered = sorted(endings, key=lambda one: one.at or _FIRST)
    lines = [prose(one.what) + (f" {when(one.at)}" if one.at else "") for one in ordered]
    return ["*Ends soon*", *_some(lines)] if lines else []


def _some(lines: Sequence[str]) -> list[str]:
    """The first ones, with the number of the others behind the last."""
    left = len(lines) - _NAMED
    shown = [f"• {line}" for line in lines[:_NAMED]]
    return [*shown[:-1], f"{shown[-1]} · and {left} more"] if left > 0 else shown


def _names(counted: Counter[str]) -> str:
    shown = [
        name_words(name) + (f" ({count})" if count > 1 or len(counted) > 1 else "")
        for name, count in counted.most_common(5)
    ]
    left = len(counted) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left > 0 else "")
