"""What is wrong now, for who asks: open alerts with their buttons, what is silenced, what ended
lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.model import Actor, Message
from bot.model.english import age, agree, plural, shortlist, span
from bot.model.incident import AlertState, Entry, Happened, Incident, Severity, Silence, silencing
from bot.model.slash import SLASH
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
from bot.render.slack.blocks import Block, actions, context, message, section, when
from bot.render.slack.fence import Row
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, shortened, without_code

LATELY = timedelta(hours=24)
_EACH = 10
"""More open alerts than these are a table."""
_NAMED = 5
_COLUMNS = (
    Column("ALERT"),
    Column("SEVERITY"),
    Column("SINCE"),
    Column("WHO"),
    Column("WHAT", sentence=True),
)


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
        (incident for incident in known if incident.state is AlertState.FIRING),
        key=lambda incident: _rank(incident, silences, now),
    )
    small = [*_silences(silences), *_ended(known, history, now)]
    if not still:
        hint = context(f"{code(f'{SLASH} doctor')} says what could become one")
        return message("🟢 No open alerts", (), [*_end_silence(silences), *small, *hint])
    head = (
        f"{_worst_mark(still, silences, now)} "
        f"{plural(len(still), 'open alert')}{_counts(still, silences, now)}"
    )
    if len(still) <= _EACH:
        shown = [
            _alert_block(incident, silencing(silences, incident, now), now) for incident in still
        ]
        return message(head, (), [*shown, *small])
    rows: list[Row] = [
        _row(incident, silencing(silences, incident, now), now) for incident in still
    ]
    blocks, files = table(_COLUMNS, rows, "alerts.txt")
    return message(head, (), [*blocks, *small], files)


def acknowledged(incidents: Sequence[Incident], actor: Actor) -> Message:
    """Somebody wanted to take care of these: which they do, and where others were quicker."""
    own = [
        incident
        for incident in incidents
        if incident.acknowledged_by and incident.acknowledged_by.id == actor.id
    ]
    others = [
        f"{name_words(incident.name)} is acknowledged by "
        f"{name_words(incident.acknowledged_by.name)} already."
        for incident in incidents
        if incident not in own and incident.acknowledged_by
    ]
    if not own:
        return message("🟢 Nothing is left to acknowledge", others or ["It is over."])
    said = agree(len(own), "Its message says", "Their messages say")
    quiet = [silencing_button(own[0])] if len(own) == 1 else []
    names = _names([incident.name for incident in own])
    return message(
        f"✅ {names} · acknowledged by you", [f"{said} so to everybody.", *others], actions(*quiet)
    )


def silenced(silence: Silence, fitting: Sequence[Incident]) -> Message:
    """Nobody is told of these from now on, and until when."""
    until = f"until {when(silence.until)}" if silence.until else "until it is over"
    open_now = [incident.name for incident in fitting if incident.state is AlertState.FIRING]
    fits = f"Open now: {_names(open_now)}." if open_now else "Nothing that it fits is wrong now."
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


def _alert_block(incident: Incident, silence: Silence | None, now: datetime) -> Block:
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
    quieted_by = (
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
        quieted_by,
        without_code(reason(worst.facts, worst.name).cause),
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
    waiting = [incident for incident in still if _nobody_cares(incident, silences, now)]
    if any(incident.severity is Severity.CRITICAL for incident in waiting):
        return "🔴"
    return "🔵" if all(incident.severity is Severity.NOTE for incident in still) else "🟠"


def _counts(still: Sequence[Incident], silences: Sequence[Silence], now: datetime) -> str:
    critical = sum(incident.severity is Severity.CRITICAL for incident in still)
    cared = sum(incident.acknowledged_by is not None for incident in still)
    quiet = sum(silencing(silences, incident, now) is not None for incident in still)
    parts = [
        f"{critical} critical" if critical else "",
        f"{cared} acknowledged" if cared else "",
        f"{quiet} silenced" if quiet else "",
    ]
    return "".join(f" · {part}" for part in parts if part)


def _silences(silences: Sequence[Silence]) -> list[Block]:
    said = [f"{_pattern(silence)} {silenced_words(silence)}" for silence in silences[:_NAMED]]
    left = len(silences) - _NAMED
    return context(*said, f"{left} more silences" if left > 0 else "")


def _end_silence(silences: Sequence[Silence]) -> list[Block]:
    return actions(*(unsilencing(silence, named=True) for silence in silences[:3]))


def _ended(incidents: Sequence[Incident], history: Iterable[Entry], now: datetime) -> list[Block]:
    """By name when it ended last; what is open again has not ended."""
    ends = {entry.name: entry.at for entry in history if entry.happened is Happened.RESOLVED}
    ends |= {
        incident.name: incident.resolved
        for incident in incidents
        if incident.state is AlertState.RESOLVED and incident.resolved
    }
    still = {incident.name for incident in incidents if incident.state is AlertState.FIRING}
    over = sorted(
        ((at, name) for name, at in ends.items() if now - at < LATELY and name not in still),
        reverse=True,
    )
    said = shortlist([f"{name_words(name)} {age(at, now)}" for at, name in over], _NAMED)
    return context(f"resolved: {said}" if over else "")


def _pattern(silence: Silence) -> str:
    return named(shortened(silence.shown, LONGEST_NAME))


def _names(names: Sequence[str]) -> str:
    return shortlist([name_words(name) for name in names], _NAMED)
