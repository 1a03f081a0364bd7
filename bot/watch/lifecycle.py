"""From problems to incidents: pending, firing, resolved, and within ten minutes firing again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model.alert_facts import Aftermath, AlertKind
from bot.model.incident import AlertState, Incident, Problem
from bot.watch import recent_changes
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings
from bot.watch.node_evaluation import standing
from bot.watch.rules import nodes

REOPENS = timedelta(minutes=10)
"""An incident that comes back within this time after it was resolved is the same one."""
REJOINS = timedelta(seconds=20)
"""A manager that was unlocked takes part again after 4 to 11 s (seen on a real Swarm)."""
_KINDS = list(AlertKind)


@dataclass(frozen=True, slots=True)
class _Now:
    """The problems of one subject now, the worst first, and those of them that were seen in this
    look and have lasted for long enough."""

    problems: tuple[Problem, ...]
    ripe: tuple[Problem, ...]

    def but(self, shown: Iterable[Problem]) -> tuple[Problem, ...]:
        """All others."""
        keys = set(map(_key, shown))
        return tuple(problem for problem in self.problems if _key(problem) not in keys)


def advance(
    evaluation: Evaluation, findings: Findings
) -> tuple[Mapping[str, Incident], tuple[Incident, ...]]:
    """The incidents by subject after this look, and those of them that people see otherwise than
    before."""
    known = _moved(evaluation)
    earlier = {incident.id: incident for incident in evaluation.memory.incidents.values()}
    problems: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in findings.problems:
        problems[problem.subject].append(problem)
    incidents: dict[str, Incident] = {}
    changed: list[Incident] = []
    for subject in {**known, **problems}:
        before = known.get(subject)
        now = _now(evaluation, findings, before, problems.get(subject, ()))
        after = _step(evaluation, before, now)
        if after is None:
            continue
        if not _looks_like(after, earlier.get(after.id)):
            after = replace(after, changed=evaluation.at)
            if after.state is not AlertState.PENDING:
                changed.append(after)
        incidents[subject] = after
    return incidents, tuple(changed)


def _looks_like(after: Incident, before: Incident | None) -> bool:
    return before is not None and before == replace(
        after, changed=before.changed, returning=before.returning, leaving=before.leaving
    )


def _moved(evaluation: Evaluation) -> Mapping[str, Incident]:
    """The incidents so far; that of an engine goes on as its node's, once it is known which one
    that is."""
    known = dict(evaluation.memory.incidents)
    for name, (node_id, host) in evaluation.memory.engine_nodes.items():
        old, new = f"engine:{name}", f"node:{node_id}"
        if old in known and new not in known:
            shown = evaluation.nodes[node_id].name if node_id in evaluation.nodes else host
            known[new] = _as_of(known.pop(old), new, shown)
    return known


def _as_of(incident: Incident, subject: str, name: str) -> Incident:
    def theirs(problems: Iterable[Problem]) -> tuple[Problem, ...]:
        return tuple(replace(problem, subject=subject, name=name) for problem in problems)

    return replace(
        incident,
        subject=subject,
        name=name,
        problems=theirs(incident.problems),
        worst=theirs((incident.worst,))[0] if incident.worst else None,
        returning=theirs(incident.returning),
    )


def _now(
    evaluation: Evaluation,
    findings: Findings,
    before: Incident | None,
    problems: Iterable[Problem],
) -> _Now:
    old = {_key(problem): problem for problem in (standing(before) if before else ())}
    fresh = {
        _key(problem): replace(problem, since=old[_key(problem)].since)
        if _key(problem) in old
        else problem
        for problem in problems
    }
    kept = {
        key: problem for key, problem in old.items() if key not in fresh and findings.keeps(problem)
    }
    every = sorted({**kept, **fresh}.values(), key=_order)
    ripe = [problem for problem in every if _key(problem) in fresh and evaluation.lasted(problem)]
    return _Now(tuple(every), tuple(ripe))


def _key(problem: Problem) -> tuple[AlertKind, str]:
    return problem.kind, problem.engine


def _order(problem: Problem) -> tuple[int, bool, int, str]:
    """The worst first; that a manager is locked is the cause of its being Down."""
    is_cause = problem.kind is AlertKind.MANAGER_LOCKED
    return -problem.severity.rank, not is_cause, _KINDS.index(problem.kind), problem.engine


def _step(evaluation: Evaluation, before: Incident | None, now: _Now) -> Incident | None:
    if before is None:
        return _begun(evaluation, now) if now.problems else None
    match before.state:
        case AlertState.PENDING:
            return _waited(evaluation, before, now)
        case AlertState.FIRING:
            return _went_on(evaluation, before, now) if now.problems else _ended(evaluation, before)
        case AlertState.RESOLVED:
            return _rested(evaluation, before, now)


def _begun(evaluation: Evaluation, now: _Now) -> Incident:
    first = now.problems[0]
    pending = Incident(
        id=_id(first, evaluation.at),
        subject=first.subject,
        name=first.name,
        state=AlertState.PENDING,
        problems=now.problems,
        since=_since(now.problems),
        changed=evaluation.at,
    )
    return _fired(evaluation, pending, now) if now.ripe else pending


def _id(first: Problem, at: datetime) -> str:
    return hashlib.sha256(f"{first.subject}|{first.kind}|{at.isoformat()}".encode()).hexdigest()[
        :16
    ]


def _waited(evaluation: Evaluation, before: Incident, now: _Now) -> Incident | None:
    if not now.problems:
        return None
    if now.ripe:
        return _fired(evaluation, before, now)
    return replace(
        before, problems=now.problems, since=_since(now.problems), name=now.problems[0].name
    )


def _fired(evaluation: Evaluation, before: Incident, now: _Now) -> Incident:
    since = _since(now.problems)
    return replace(
        before,
        state=AlertState.FIRING,
        name=now.problems[0].name,
        problems=now.problems,
        since=since,
        opened=before.opened or evaluation.at,
        worst=now.problems[0],
        changes=recent_changes.changes(evaluation, now.problems, since),
    )


def _went_on(evaluation: Evaluation, before: Incident, now: _Now) -> Incident:
    """It fires: what people were told of stays, and what has lasted for long enough is new. Where
    only something else is left that may pass by itself, nothing changes for people."""
    if _is_unlocked(before, now):
        leaving = before.leaving or evaluation.at
        if evaluation.at - leaving < REJOINS:
            return replace(before, leaving=leaving, returning=now.but(before.problems))
    told = {_key(problem) for problem in (*before.problems, *now.ripe)}
    problems = tuple(problem for problem in now.problems if _key(problem) in told)
    if not problems:
        return replace(before, returning=now.problems)
    new = [
        change
        for change in recent_changes.changes(evaluation, problems, before.since)
        if change not in before.changes
    ]
    return replace(
        before,
        problems=problems,
        worst=min(problems[0], before.worst or problems[0], key=_order),
        name=problems[0].name,
        changes=(*before.changes, *new)[: recent_changes.MOST],
        returning=now.but(problems),
        leaving=None,
    )


def _is_unlocked(before: Incident, now: _Now) -> bool:
    """Whether its engine said that it is locked, and says so no more: until it has joined the
    others again Swarm calls it Down."""
    said = before.problems[0].engine if before.kind is AlertKind.MANAGER_LOCKED else ""
    return bool(said) and all(
        problem.kind is not AlertKind.MANAGER_LOCKED for problem in now.problems
    )


def _ended(evaluation: Evaluation, before: Incident) -> Incident:
    """People are told what it was at its worst: a manager that was locked is merely Unreachable in
    the end."""
    problems = (before.worst,) if before.worst else before.problems
    return replace(
        before,
        state=AlertState.RESOLVED,
        problems=problems,
        resolved=evaluation.at,
        aftermath=nodes.aftermath(evaluation, before),
        returning=(),
        leaving=None,
    )


def _rested(evaluation: Evaluation, before: Incident, now: _Now) -> Incident | None:
    """Resolved: it fires again, or is forgotten after a while. That a manager is locked, which
    takes a key, is no return of another trouble, nor that one of it."""
    kinds = {before.kind, now.problems[0].kind} if now.ripe else set()
    if len(kinds) > 1 and AlertKind.MANAGER_LOCKED in kinds:
        return _begun(evaluation, now)
    if now.ripe:
        again = replace(
            before,
            times=before.times + 1,
            resolved=None,
            acknowledged_by=None,
            acknowledged=None,
            aftermath=Aftermath.NOTHING,
            returning=(),
        )
        return _fired(evaluation, again, now)
    if not now.problems and before.resolved and evaluation.at - before.resolved >= REOPENS:
        return None
    return replace(before, returning=now.problems)


def _since(problems: Iterable[Problem]) -> datetime:
    return min(problem.since for problem in problems)
