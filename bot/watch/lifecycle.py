"""From problems to incidents: pending, firing, resolved, and within ten minutes firing again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model.incident import AlertKind, AlertState, Incident, Problem
from bot.watch import recent_changes
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings
from bot.watch.rules import nodes

REOPENS = timedelta(minutes=10)
"""An incident that comes back within this time after it was resolved is the same one."""
_TROUBLES = list(AlertKind)


@dataclass(frozen=True, slots=True)
class _Now:
    """The problems of one subject now, the worst first; `ripe`: at least one seen in this look has
    lasted for long enough."""

    problems: tuple[Problem, ...]
    ripe: bool


def advance(
    scene: Evaluation, found: Findings
) -> tuple[Mapping[str, Incident], tuple[Incident, ...]]:
    """The incidents by subject after this look, and those of them that people see otherwise than
    before."""
    known = _moved(scene)
    earlier = {one.id: one for one in scene.memory.incidents.values()}
    seen: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in found.problems:
        seen[problem.subject].append(problem)
    incidents: dict[str, Incident] = {}
    changed: list[Incident] = []
    for subject in {**known, **seen}:
        before = known.get(subject)
        after = _step(scene, before, _now(scene, found, before, seen.get(subject, ())))
        if after is None:
            continue
        if not _looks_like(after, earlier.get(after.id)):
            after = replace(after, changed=scene.at)
            if after.state is not AlertState.PENDING:
                changed.append(after)
        incidents[subject] = after
    return incidents, tuple(changed)


def _looks_like(after: Incident, before: Incident | None) -> bool:
    return (
        before is not None
        and replace(after, changed=before.changed, returning=before.returning) == before
    )


def _moved(scene: Evaluation) -> Mapping[str, Incident]:
    """The incidents so far; that of an engine goes on as its node's, once it is known which one
    that is."""
    known = dict(scene.memory.incidents)
    for name, (node_id, host) in scene.memory.engine_nodes.items():
        old, new = f"engine:{name}", f"node:{node_id}"
        if old in known and new not in known:
            shown = scene.nodes[node_id].name if node_id in scene.nodes else host
            known[new] = _as_of(known.pop(old), new, shown)
    return known


def _as_of(incident: Incident, subject: str, name: str) -> Incident:
    def theirs(problems: Iterable[Problem]) -> tuple[Problem, ...]:
        return tuple(replace(one, subject=subject, name=name) for one in problems)

    return replace(
        incident,
        subject=subject,
        name=name,
        problems=theirs(incident.problems),
        worst=theirs((incident.worst,))[0] if incident.worst else None,
        returning=theirs(incident.returning),
    )


def _now(
    scene: Evaluation, found: Findings, before: Incident | None, seen: Iterable[Problem]
) -> _Now:
    standing: tuple[Problem, ...] = ()
    if before:
        standing = before.returning if before.state is AlertState.RESOLVED else before.problems
    old = {_key(one): one for one in standing}
    fresh = {
        _key(one): replace(one, since=old[_key(one)].since) if _key(one) in old else one
        for one in seen
    }
    kept = {key: one for key, one in old.items() if key not in fresh and found.keeps(one)}
    ripe = any(scene.at - one.since >= scene.rules[one.trouble].after for one in fresh.values())
    return _Now(tuple(sorted({**kept, **fresh}.values(), key=_order)), ripe)


def _key(problem: Problem) -> tuple[AlertKind, str]:
    return problem.trouble, problem.engine


def _order(problem: Problem) -> tuple[int, bool, int, str]:
    """The worst first; that a manager is locked is the cause of its being Down."""
    cause = problem.trouble is AlertKind.MANAGER_LOCKED
    return -problem.severity.rank, not cause, _TROUBLES.index(problem.trouble), problem.engine


def _step(scene: Evaluation, before: Incident | None, now: _Now) -> Incident | None:
    if before is None:
        return _begun(scene, now) if now.problems else None
    match before.state:
        case AlertState.PENDING:
            return _waited(scene, before, now)
        case AlertState.FIRING:
            return _went_on(scene, before, now) if now.problems else _ended(scene, before)
        case AlertState.RESOLVED:
            return _rested(scene, before, now)


def _begun(scene: Evaluation, now: _Now) -> Incident:
    first = now.problems[0]
    pending = Incident(
        id=hashlib.sha256(f"{first.subject}|{scene.at.isoformat()}".encode()).hexdigest()[:16],
        subject=first.subject,
        name=first.name,
        state=AlertState.PENDING,
        problems=now.problems,
        since=_since(now),
        changed=scene.at,
    )
    return _fired(scene, pending, now) if now.ripe else pending


def _waited(scene: Evaluation, before: Incident, now: _Now) -> Incident | None:
    if not now.problems:
        return None
    if now.ripe:
        return _fired(scene, before, now)
    return replace(before, problems=now.problems, since=_since(now), name=now.problems[0].name)


def _fired(scene: Evaluation, before: Incident, now: _Now) -> Incident:
    since = _since(now)
    return replace(
        before,
        state=AlertState.FIRING,
        name=now.problems[0].name,
        problems=now.problems,
        since=since,
        opened=before.opened or scene.at,
        worst=now.problems[0],
        changes=recent_changes.changes(scene, now.problems, since),
    )


def _went_on(scene: Evaluation, before: Incident, now: _Now) -> Incident:
    new = [
        each
        for each in recent_changes.changes(scene, now.problems, before.since)
        if each not in before.changes
    ]
    changes = (*before.changes, *new)[: recent_changes.MOST]
    worst = min(now.problems[0], before.worst or now.problems[0], key=_order)
    return replace(
        before, problems=now.problems, worst=worst, name=now.problems[0].name, changes=changes
    )


def _ended(scene: Evaluation, before: Incident) -> Incident:
    """People are told what it was at its worst: a manager that was locked is merely Unreachable in
    the end."""
    problems = (before.worst,) if before.worst else before.problems
    return replace(
        before,
        state=AlertState.RESOLVED,
        problems=problems,
        resolved=scene.at,
        aftermath=nodes.aftermath(scene, before),
    )


def _rested(scene: Evaluation, before: Incident, now: _Now) -> Incident | None:
    """Resolved: it fires again, or is forgotten after a while."""
    if now.ripe:
        again = replace(
            before,
            times=before.times + 1,
            resolved=None,
            acknowledged_by=None,
            acknowledged=None,
            aftermath="",
            returning=(),
        )
        return _fired(scene, again, now)
    if not now.problems and before.resolved and scene.at - before.resolved >= REOPENS:
        return None
    return replace(before, returning=now.problems)


def _since(now: _Now) -> datetime:
    return min(one.since for one in now.problems)
