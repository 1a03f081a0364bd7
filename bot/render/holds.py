"""Holds and the line in front of a busy service: who keeps what to themselves, and who waits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.model import Actor, Lock, Message
from bot.model.english import age, plural, seconds
from bot.model.hold import Hold, Queued
from bot.render.slack.blocks import actions, button, context, mention, message, table, when
from bot.render.slack.text import brief, code, escape, shortened

_LONGEST = 120
_SIMPLE = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.-]*\*")


def listed(holds: Sequence[Hold], now: datetime) -> Message:
    """Every hold; a freeze is the headline."""
    freeze = next((hold for hold in holds if hold.freeze), None)
    others = [hold for hold in holds if not hold.freeze]
    rows = [
        (one.pattern, one.owner.name, age(one.since, now), _left(one, now), one.reason)
        for one in others
    ]
    blocks, files = table(("SERVICE", "HELD BY", "SINCE", "LEFT", "REASON"), rows, 0, "holds.txt")
    if len(others) == 1:
        blocks += actions(button("Release", f"release {others[0].pattern}"))
    lines = [plural(len(others), "hold")] if freeze and others else []
    return message(_head(freeze, len(others)), lines, blocks, files)


def hold_mark(hold: Hold) -> str:
    """The emoji of a hold or a freeze."""
    return "❄️" if hold.freeze else "✋"


def held(hold: Hold, name: str) -> str:
    """Who holds this service, since when, why, and until when: `web is held by lead since 13:40:
    "incident 42"`."""
    if hold.freeze:
        return f"Everything is frozen by {escape(hold.owner.name)} {_since(hold)}"
    wider = f" (with {code(hold.pattern)})" if hold.pattern != name else ""
    return f"{named(name)}{wider} is held by {escape(hold.owner.name)} {_since(hold)}"


def _marked(hold: Hold) -> str:
    return f"{hold_mark(hold)} {held(hold, hold.pattern)}"


def put(hold: Hold, before: Hold | None) -> Message:
    """Somebody holds a service from now on; `before` is somebody else's hold that gave way, and
    they are told."""
    if hold.freeze:
        return message(
            _marked(hold),
            ["Nothing is changed through swarmbot until it ends; rollouts that run go on."],
            actions(
                button("Unfreeze", "unfreeze", confirm="Changes are possible again, for everybody.")
            ),
        )
    lines = [
        f"Only {escape(hold.owner.name)} changes it until it is released.",
        f"Taken over from {_who_held(before)}." if before else "",
    ]
    return message(
        _marked(hold),
        lines,
        [
            *actions(button("Release", f"release {hold.pattern}")),
            *context(mention(before.owner.id) if before else ""),
        ],
    )


def released(hold: Hold, by: Actor, why: str, now: datetime) -> Message:
    """A hold or a freeze has ended; where somebody else ended it, its owner is told."""
    foreign = by.id != hold.owner.id
    what = "Nothing is frozen any more" if hold.freeze else f"{named(hold.pattern)} is released"
    took = seconds((now - hold.since).total_seconds())
    ended = f"by {escape(by.name)}" + (f': "{escape(why)}"' if why else "") if foreign else ""
    return message(
        f"🟢 {what} · after {took}",
        [ended, f"{_who_held(hold)} {'froze' if hold.freeze else 'held'} it." if foreign else ""],
        context(mention(hold.owner.id) if foreign else ""),
    )


def queued(waiting: Queued, position: int, lock: Lock | None) -> Message:
    """A change stands in line, and behind whom."""
    what = f': "{escape(brief(lock.reason))}"' if lock and lock.reason else ""
    ahead = f"{escape(lock.actor)} changes it since {when(lock.since)}{what}." if lock else ""
    return message(
        f"⏸ {escape(shortened(waiting.title, _LONGEST))} · waits in line, number {position}",
        [ahead, "When its turn comes it is planned anew; if the plan differs then, you are asked."],
        [
            *actions(button("Leave the line", f"queue rm {waiting.id}")),
            *context(f"asked by {escape(waiting.actor.name)}", f"id {escape(waiting.id)}"),
        ],
    )


def lined_up(line: Sequence[Queued], now: datetime) -> Message:
    """Everybody who waits, the longest first."""
    if not line:
        return message("🟢 Nobody waits in line")
    rows = [(one.id, one.service, one.title, one.actor.name, age(one.at, now)) for one in line]
    blocks, files = table(("ID", "SERVICE", "CHANGE", "ASKED BY", "SINCE"), rows, 0, "queue.txt")
    return message(
        f"⏸ {plural(len(line), 'change waits', 'changes wait')} in line", (), blocks, files
    )


def _head(freeze: Hold | None, others: int) -> str:
    if freeze:
        return _marked(freeze)
    return f"✋ {plural(others, 'hold')}" if others else "🟢 Nothing is held"


def _who_held(hold: Hold) -> str:
    return f'{escape(hold.owner.name)} ("{escape(hold.reason)}")'


def named(pattern: str) -> str:
    """A pattern in a headline: an underscore inside it formats nothing, and a star would end the
    bold."""
    return pattern[:-1] + "∗" if _SIMPLE.fullmatch(pattern) else escape(pattern)


def _since(hold: Hold) -> str:
    until = f" (until {when(hold.until)})" if hold.until else ""
    return f'since {when(hold.since)}: "{escape(hold.reason)}"{until}'


def _left(hold: Hold, now: datetime) -> str:
    return seconds((hold.until - now).total_seconds()) if hold.until else ""
