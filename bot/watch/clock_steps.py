"""What is remembered, dated by another clock than that of now: somebody set the host's clock, or a
bot on another host leads. Pure.

How long something has lasted is then as it was; only its dates move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.incident import Incident, Memory, Problem

STEP = timedelta(seconds=2)
"""A difference of less than this is no other clock."""


def in_step(memory: Memory, seconds: float, now: datetime) -> Memory:
    """The memory by the clock of now; `seconds` have gone by since it was dated."""
    if memory.at is None:
        return memory
    by = now - (memory.at + timedelta(seconds=seconds))
    return memory if abs(by) < STEP else _moved(memory, by)


def _moved(memory: Memory, by: timedelta) -> Memory:
    incidents = {subject: _incident(incident, by) for subject, incident in memory.incidents.items()}
    return replace(
        memory,
        at=memory.at + by if memory.at else None,
        incidents=incidents,
        unready=_dates(memory.unready, by),
        silent_until=_dates(memory.silent_until, by),
        seen_since=_dates(memory.seen_since, by),
        held=tuple(replace(note, at=note.at + by) for note in memory.held),
    )


def _incident(incident: Incident, by: timedelta) -> Incident:
    return replace(
        incident,
        problems=_problems(incident.problems, by),
        since=incident.since + by,
        changed=incident.changed + by,
        opened=incident.opened + by if incident.opened else None,
        resolved=incident.resolved + by if incident.resolved else None,
        acknowledged=incident.acknowledged + by if incident.acknowledged else None,
        returning=_problems(incident.returning, by),
        leaving=incident.leaving + by if incident.leaving else None,
        worst=_problems((incident.worst,), by)[0] if incident.worst else None,
    )


def _problems(problems: Iterable[Problem], by: timedelta) -> tuple[Problem, ...]:
    return tuple(replace(problem, since=problem.since + by) for problem in problems)


def _dates(dates: Mapping[str, datetime], by: timedelta) -> Mapping[str, datetime]:
    return {name: date + by for name, date in dates.items()}
