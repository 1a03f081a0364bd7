"""Holds, and the queue of changes that wait for a busy service."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.model import Actor, Lock, Message
from bot.model.english import age, plural, seconds
from bot.model.hold import Hold, Queued
from bot.render.asker import asked_by
from bot.render.slack.blocks import actions, button, call, context, message, when
from bot.render.slack.tables import Column, table
from bot.render.slack.text import brief, code, escape, prose, shortened

_TITLE_CHARACTERS = 120
_HOLDS = (
    Column("SERVICE"),
    Column("HELD BY"),
    Column("SINCE"),
    Column("LEFT"),
    Column("REASON", sentence=True),
)
_QUEUE = (
    Column("ID"),
    Column("SERVICE"),
    Column("CHANGE", sentence=True),
    Column("ASKED BY"),
    Column("SINCE"),
)
_PREFIX_PATTERN = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.-]*\*")


def listed(holds: Sequence[Hold], now: datetime) -> Message:
    """Every hold; a freeze is the headline."""
    freeze = next((hold for hold in holds if hold.freeze), None)
    others = [hold for hold in holds if not hold.freeze]
    rows = [
        (hold.pattern, hold.owner.name, age(hold.since, now), _left(hold, now), hold.reason)
        for hold in others
    ]
    blocks, files = table(_HOLDS, rows, "holds.txt")
    if len(others) == 1:
        blocks += actions(button("Release", f"release {others[0].pattern}"))
    lines = [plural(len(others), "hold")] if freeze and others else []
    return message(_head(freeze, len(others)), lines, blocks, files)


def hold_mark(hold: Hold) -> str:
    """The emoji of a hold or a freeze."""
    return "❄️" if hold.freeze else "✋"


def held(hold: Hold, name: str) -> str:
    """Who holds this service, since when, why, and until when.

    `web is held by lead since 13:40: "incident 42"`.
    """
    if hold.freeze:
        return f"Everything is frozen by {escape(hold.owner.name)} {_since(hold)}"
    pattern = f" (with {code(hold.pattern)})" if hold.pattern != name else ""
    return f"{named(name)}{pattern} is held by {escape(hold.owner.name)} {_since(hold)}"


def _marked(hold: Hold) -> str:
    return f"{hold_mark(hold)} {held(hold, hold.pattern)}"


def put(hold: Hold, before: Hold | None) -> Message:
    """A new hold; `before` is somebody else's hold that it takes over, and they are notified."""
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
            *call(before.owner.called if before else ()),
        ],
    )


def released(hold: Hold, by: Actor, why: str, now: datetime) -> Message:
    """A hold or a freeze that ended; where somebody else ended it, its owner is notified."""
    foreign = by.id != hold.owner.id
    head = "Nothing is frozen any more" if hold.freeze else f"{named(hold.pattern)} is released"
    took = seconds((now - hold.since).total_seconds())
    ended = f"by {escape(by.name)}" + (f': "{escape(why)}"' if why else "") if foreign else ""
    return message(
        f"🟢 {head} · after {took}",
        [ended, f"{_who_held(hold)} {'froze' if hold.freeze else 'held'} it." if foreign else ""],
        call(hold.owner.called if foreign else ()),
    )


def queued(waiting: Queued, position: int, lock: Lock | None) -> Message:
    """A change that waits in the queue, and which change it waits for."""
    reason = f': "{escape(brief(lock.reason))}"' if lock and lock.reason else ""
    ahead = f"{escape(lock.actor)} changes it since {when(lock.since)}{reason}." if lock else ""
    title = escape(shortened(waiting.title, _TITLE_CHARACTERS))
    return message(
        f"⏸ {title} · waits in line, number {position}",
        [
            ahead,
            "When its turn comes it is planned anew; if it is another change then, you are asked.",
        ],
        [
            *actions(button("Leave the line", f"queue rm {waiting.id}")),
            *context(asked_by(waiting.actor), f"id {escape(waiting.id)}"),
        ],
    )


def another_change(waiting: Queued, parts: Sequence[str]) -> Message:
    """What was called would do something else than what was queued: who asked decides."""
    title = escape(shortened(waiting.title, _TITLE_CHARACTERS))
    return message(
        f"🟡 {title} · its turn came, and it is another change now",
        [*(prose(part) for part in parts[:8]), "Nothing was done, and it waits no longer."],
        actions(button("Run it", waiting.again)),
    )


def left(waiting: Queued) -> Message:
    """A change that was taken out of the line."""
    title = escape(shortened(waiting.title, _TITLE_CHARACTERS))
    return message(f"↩️ {title} · no longer waits in line")


def queue(queue: Sequence[Queued], now: datetime) -> Message:
    """All changes that wait, the longest first."""
    if not queue:
        return message("🟢 Nobody waits in line")
    rows = [
        (waiting.id, waiting.service, waiting.title, waiting.actor.name, age(waiting.at, now))
        for waiting in queue
    ]
    blocks, files = table(_QUEUE, rows, "queue.txt")
    return message(
        f"⏸ {plural(len(queue), 'change waits', 'changes wait')} in line", (), blocks, files
    )


def _head(freeze: Hold | None, others: int) -> str:
    if freeze:
        return _marked(freeze)
    return f"✋ {plural(others, 'hold')}" if others else "🟢 Nothing is held"


def _who_held(hold: Hold) -> str:
    return f'{escape(hold.owner.name)} ("{escape(hold.reason)}")'


def named(pattern: str) -> str:
    """A pattern in a headline: its star would end the bold, so it is replaced by a lookalike."""
    return pattern[:-1] + "∗" if _PREFIX_PATTERN.fullmatch(pattern) else escape(pattern)


def _since(hold: Hold) -> str:
    until = f" (until {when(hold.until)})" if hold.until else ""
    return f'since {when(hold.since)}: "{escape(hold.reason)}"{until}'


def _left(hold: Hold, now: datetime) -> str:
    return seconds((hold.until - now).total_seconds()) if hold.until else ""
