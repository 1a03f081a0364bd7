"""An alert through its life: one message edited in place, and one line in its thread a step.

The same incident renders to the same message, whenever that is: times are dates, so that nothing is
edited for the clock's sake.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.model import File, Message, Shortfall
from bot.model.alert_facts import AlertKind
from bot.model.incident import AlertState, Incident, Problem, Silence, worsened
from bot.render.alerts.alert_buttons import buttons
from bot.render.alerts.alert_words import (
    NAMED,
    aftermath_words,
    cause,
    change_words,
    fix,
    impact,
    lost_by,
    lost_words,
    mark,
    name_words,
    now_words,
    over_words,
    silenced_words,
)
from bot.render.slack.blocks import Block, actions, call, context, message, when
from bot.render.slack.fence import aligned
from bot.render.slack.text import prose, sentence

_SHORT = 40


def alert(
    incident: Incident, silence: Silence | None, now: datetime, people: Sequence[str] = ()
) -> Message:
    """One incident as one message, which notifies `people` while nobody has taken it up.

    `silence` is the one that keeps it quiet; `now` only decides which buttons help.
    """
    shown = actions(*buttons(incident, silence, now))
    if incident.state is AlertState.RESOLVED:
        return message(_over(incident), [_rest(incident)], [*shown, *_resolved_small(incident)])
    quiet = silence is not None or incident.acknowledged_by is not None
    notified = [] if quiet else call(people)
    return message(
        _head(incident, silence), _lines(incident), [*notified, *shown, *_small(incident)]
    )


def moved(incident: Incident, channel: str) -> Message:
    """What is left of a message in a channel (id) for lesser matters, when its incident goes on in
    another."""
    return message(
        (
            f"{mark(incident, quiet=True)} {now_words(incident.problems[0])} · it goes on in "
            f"<#{channel}>"
        ),
        [],
    )


def left(incident: Incident) -> Message:
    """What is left of a message that no other bot knows of, when the bot that posted it ends."""
    return message(
        (
            f"{mark(incident, quiet=True)} {now_words(incident.problems[0])} · the bot that "
            "follows it ends, and another one says anew how it is"
        ),
        [],
    )


def history(
    before: Incident | None, after: Incident, now: datetime, people: Sequence[str] = ()
) -> Message | None:
    """The line for the thread where something visible changed since `before`; a long list of
    services goes along. It notifies `people`."""
    head, lines = _step(before, after)
    if not head:
        return None
    lost = lost_by(after)
    files = (
        [_whole(lost)] if len(lost) > NAMED and after.state is AlertState.FIRING and lines else []
    )
    return message(head, lines, [*call(people), *context(when(now, secs=True))], files)


def unsilenced(incident: Incident, now: datetime, people: Sequence[str] = ()) -> Message:
    """The line for the thread where a silence ends before its incident does; it notifies
    `people`."""
    head = f"{_symbol(incident)} {now_words(incident.problems[0])} · no longer silenced"
    return message(head, _reasons(incident), [*call(people), *context(when(now, secs=True))])


# ---- while it lasts


def _head(incident: Incident, silence: Silence | None) -> str:
    quiet = incident.acknowledged_by is not None or silence is not None
    parts = [
        f"{mark(incident, quiet)} {now_words(incident.problems[0])}",
        f"acknowledged by {name_words(incident.acknowledged_by.name)}"
        if incident.acknowledged_by
        else "",
        silenced_words(silence) if silence else "",
        impact(incident),
        _flapping(incident),
    ]
    return " · ".join(part for part in parts if part)


def _lines(incident: Incident) -> list[str]:
    worst, *others = incident.problems
    lost = lost_by(incident)
    rest = ", all in the thread" if len(lost) > NAMED else ""
    return [
        lost_words(lost) + rest,
        cause(worst),
        fix(worst),
        *(_further_problem(problem, worst) for problem in others),
    ]


def _further_problem(problem: Problem, worst: Problem) -> str:
    """What else is wrong with it; that a locked manager is Down goes without saying."""
    if worst.kind is AlertKind.MANAGER_LOCKED and problem.kind is AlertKind.NODE_DOWN:
        return cause(problem)
    reason = " ".join(part for part in (cause(problem), fix(problem)) if part)
    return f"{now_words(problem)}: {reason}" if reason else f"{now_words(problem)}."


def _small(incident: Incident) -> list[Block]:
    acknowledged = incident.acknowledged if incident.acknowledged_by else None
    return context(
        *(prose(change_words(change)) for change in incident.changes),
        f"since {when(incident.since, secs=True)}",
        f"acknowledged {when(acknowledged)}" if acknowledged else "",
    )


def _flapping(incident: Incident) -> str:
    return f"flapping, {incident.times} times" if incident.times > 1 else ""


# ---- when it is over


def _over(incident: Incident) -> str:
    parts = [
        f"🟢 {over_words(incident)}",
        _flapping(incident),
        prose(_remains(incident)) if _is_short(incident) else "",
    ]
    return " · ".join(part for part in parts if part)


def _rest(incident: Incident) -> str:
    return "" if _is_short(incident) else prose(sentence(_remains(incident)))


def _remains(incident: Incident) -> str:
    return aftermath_words(incident.aftermath)


def _is_short(incident: Incident) -> bool:
    """Whether what remains has room in the headline."""
    remains = _remains(incident)
    return len(remains) <= _SHORT and "`" not in remains


def _resolved_small(incident: Incident) -> list[Block]:
    until = f" until {when(incident.resolved, secs=True)}" if incident.resolved else ""
    return context(
        *(prose(change_words(change)) for change in incident.changes),
        f"{when(incident.since, secs=True)}{until}",
        f"acknowledged by {name_words(incident.acknowledged_by.name)}"
        if incident.acknowledged_by
        else "",
    )


# ---- steps


def _step(before: Incident | None, after: Incident) -> tuple[str, list[str]]:
    """What happened, the most important where several things did, and what belongs to it; nothing
    where nothing did."""
    if after.state is AlertState.PENDING:
        return "", []
    if after.state is AlertState.RESOLVED:
        news = before is None or before.state is not AlertState.RESOLVED
        return (_over(after), [_rest(after)]) if news else ("", [])
    if before is None or before.state is not AlertState.FIRING:
        again = f" again · {_flapping(after)}" if after.times > 1 else ""
        return f"{_symbol(after)} {now_words(after.problems[0])}{again}", _reasons(after)
    return _step_of_firing(before, after)


def _step_of_firing(before: Incident, after: Incident) -> tuple[str, list[str]]:
    headline = f"{_symbol(after)} {now_words(after.problems[0])}"
    if worsened(before, after):
        return f"{headline} · now {after.severity}, was {before.severity}", _reasons(after)
    if after.kind is not before.kind:
        return headline, _reasons(after)
    if after.acknowledged_by and before.acknowledged_by is None:
        return f"{_symbol(after)} acknowledged by {name_words(after.acknowledged_by.name)}", []
    had, has = lost_by(before), lost_by(after)
    if has and (not had or len(had) <= NAMED < len(has)):
        return f"{_symbol(after)} {impact(after)}", [lost_words(has)]
    return ("🟢 Its services are whole again", []) if had and not has else ("", [])


def _symbol(incident: Incident) -> str:
    return mark(incident, incident.acknowledged_by is not None)


def _reasons(incident: Incident) -> list[str]:
    return [lost_words(lost_by(incident)), cause(incident.problems[0])]


def _whole(lost: tuple[Shortfall, ...]) -> File:
    rows = [(below.service, str(below.running), str(below.desired)) for below in lost]
    content = aligned(("SERVICE", "RUNNING", "WANTED"), rows, most=200) + "\n"
    return File("lost-replicas.txt", content, f"All {len(lost)} services that lose replicas")
