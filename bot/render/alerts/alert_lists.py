"""What is wrong now, for who asks: open alerts with their buttons, what is silenced, what ended
lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.model import Actor, Message
from bot.model.incident import AlertState, Entry, Happened, Incident, Severity, Silence, silencing
from bot.render.alerts.alert_buttons import acknowledging, silencing_button, unsilencing
from bot.render.alerts.alert_reasons import reason
from bot.render.alerts.alert_words import (
    LONGEST_NAME,
    cause,
    impact,
    mark,
    name_words,
    now_words,
    silenced_words,
)
from bot.render.holds import named
from bot.render.slack.blocks import (
    Block,
    Row,
    actions,
    age,
    context,
    message,
    plural,
    section,
    span,
    table,
    when,
)
from bot.render.slack.text import code, shortened

LATELY = timedelta(hours=24)
_EACH = 10
"""More open alerts than these are a table."""
_NAMED = 5
_COLUMNS = ("ALERT", "SEVERITY", "SINCE", "WHO", "WHAT")


def alerts(
    incidents: Iterable[Incident],
    silences: Sequence[Silence],
    now: datetime,
    history: Iterable[Entry] = (),
) -> Message:
    """Every open alert, the worst first; then what is silenced, and what ended within a day, in
    small print."""
    known = tuple(incidents)
    still = sorted(
        (one for one in known if one.state is AlertState.FIRING),
        key=lambda one: _rank(one, silences, now),
    )
    small = [*_silences(silences), *_ended(known, history, now)]
    if not still:
        hint = context(f"{code('/swarm doctor')} says what could become one")
        return message("🟢 No open alerts", (), [*_end_silence(silences), *small, *hint])
    head = (
        f"{_worst_mark(still, silences, now)} "
        f"{plural(len(still), 'open alert')}{_counts(still, silences, now)}"
    )
    if len(still) <= _EACH:
        shown = [_one(one, silencing(silences, one, now), now) for one in still]
        return message(head, (), [*shown, *small])
    rows: list[Row] = [_row(one, silencing(silences, one, now), now) for one in still]
    trouble = sum(_nobody_cares(one, silences, now) for one in still)
    blocks, files = table(_COLUMNS, rows, trouble, "alerts.txt")
    return message(head, (), [*blocks, *small], files)


def acknowledged(incidents: Sequence[Incident], actor: Actor) -> Message:
    """Somebody wanted to take care of these: which they do, and where others were quicker."""
    own = [one for one in incidents if one.acknowledged_by and one.acknowledged_by.id == actor.id]
    others = [
        f"{name_words(one.name)} is acknowledged by {name_words(one.acknowledged_by.name)} already."
        for one in incidents
        if one not in own and one.acknowledged_by
    ]
    if not own:
        return message("🟢 Nothing is left to acknowledge", others or ["It is over."])
    said = "Its message says" if len(own) == 1 else "Their messages say"
    quiet = [silencing_button(own[0])] if len(own) == 1 else []
    names = _some([one.name for one in own])
    return message(
        f"✅ {names} · acknowledged by you", [f"{said} so to everybody.", *others], actions(*quiet)
    )


def silenced(silence: Silence, fitting: Sequence[Incident]) -> Message:
    """Nobody is told of these from now on, and until when."""
    until = f"until {when(silence.until)}" if silence.until else "until it is over"
    open_now = [one.name for one in fitting if one.state is AlertState.FIRING]
    fits = f"Open now: {_some(open_now)}." if open_now else "Nothing that it fits is wrong now."
    lines = [fits, "It is still watched; its messages are edited, and no new ones are posted."]
    return message(
        f"✅ {_pattern(silence)} · silenced {until}", lines, actions(unsilencing(silence))
    )


def unsilenced(silence: Silence) -> Message:
    """People are told again."""
    return message(
        f"✅ {_pattern(silence)} · no longer silenced", ["What is still wrong is told now."]
    )


# ---- parts


def _one(incident: Incident, silence: Silence | None, now: datetime) -> Block:
    quiet = incident.acknowledged_by is not None or silence is not None
    parts = [
        f"*{mark(incident, quiet)} {now_words(incident.problems[0])}*",
        f"acknowledged by {name_words(incident.acknowledged_by.name)}"
        if incident.acknowledged_by
        else "",
        silenced_words(silence) if silence else "",
        impact(incident),
        f"since {span(now - incident.since)}",
    ]
    text = " · ".join(part for part in parts if part)
    reason = cause(incident.problems[0])
    return {
        **section("\n".join(part for part in (text, reason) if part)),
        "accessory": _next(incident, silence),
    }


def _next(incident: Incident, silence: Silence | None) -> Block:
    if silence:
        return unsilencing(silence)
    return silencing_button(incident) if incident.acknowledged_by else acknowledging(incident)


def _row(incident: Incident, silence: Silence | None, now: datetime) -> Row:
    worst = incident.problems[0]
    who = (
        incident.acknowledged_by.name
        if incident.acknowledged_by
        else f"silenced: {silence.by.name}"
        if silence
        else ""
    )
    return (
        incident.name,
        str(incident.severity),
        age(incident.since, now),
        who,
        reason(worst.facts, worst.name).cause,
    )


def _rank(
    incident: Incident, silences: Sequence[Silence], now: datetime
) -> tuple[bool, int, datetime, str]:
    return (
        not _nobody_cares(incident, silences, now),
        -incident.severity.rank,
        incident.since,
        incident.name,
    )


def _nobody_cares(incident: Incident, silences: Sequence[Silence], now: datetime) -> bool:
    return incident.acknowledged_by is None and silencing(silences, incident, now) is None


def _worst_mark(still: Sequence[Incident], silences: Sequence[Silence], now: datetime) -> str:
    waiting = [one for one in still if _nobody_cares(one, silences, now)]
    if any(one.severity is Severity.CRITICAL for one in waiting):
        return "🔴"
    return "🔵" if all(one.severity is Severity.NOTE for one in still) else "🟠"


def _counts(still: Sequence[Incident], silences: Sequence[Silence], now: datetime) -> str:
    critical = sum(one.severity is Severity.CRITICAL for one in still)
    cared = sum(one.acknowledged_by is not None for one in still)
    quiet = sum(silencing(silences, one, now) is not None for one in still)
    parts = [
        f"{critical} critical" if critical else "",
        f"{cared} acknowledged" if cared else "",
        f"{quiet} silenced" if quiet else "",
    ]
    return "".join(f" · {part}" for part in parts if part)


def _silences(silences: Sequence[Silence]) -> list[Block]:
    said = [f"{_pattern(one)} {silenced_words(one)}" for one in silences[:_NAMED]]
    left = len(silences) - _NAMED
    return context(*said, f"{left} more silences" if left > 0 else "")


def _end_silence(silences: Sequence[Silence]) -> list[Block]:
    return actions(*(unsilencing(one, named=True) for one in silences[:3]))


def _ended(incidents: Sequence[Incident], history: Iterable[Entry], now: datetime) -> list[Block]:
    """By name when it ended last; what is open again has not ended."""
    ends = {one.name: one.at for one in history if one.happened is Happened.RESOLVED}
    ends |= {
        one.name: one.resolved
        for one in incidents
        if one.state is AlertState.RESOLVED and one.resolved
    }
    still = {one.name for one in incidents if one.state is AlertState.FIRING}
    over = sorted(
        ((at, name) for name, at in ends.items() if now - at < LATELY and name not in still),
        reverse=True,
    )
    said = ", ".join(f"{name_words(name)} {age(at, now)}" for at, name in over[:_NAMED])
    left = len(over) - _NAMED
    return context(f"resolved: {said}{f' and {left} more' if left > 0 else ''}" if over else "")


def _pattern(silence: Silence) -> str:
    return named(shortened(silence.pattern, LONGEST_NAME))


def _some(names: Sequence[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(name_words(name) for name in names[:_NAMED]) + (
        f" and {left} more" if left > 0 else ""
    )
