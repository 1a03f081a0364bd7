"""Managers and engines: locked, out of reach; and the quorum, which is all of them together."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Node
from bot.model.alert_facts import (
    AlertKind,
    EngineUnreachable,
    ManagerLocked,
    ManagerUnreachable,
    QuorumAtRisk,
    QuorumLost,
)
from bot.model.cluster import EngineFault, EngineState
from bot.model.english import listed
from bot.model.incident import Problem
from bot.swarm.health.quorum import holds, quorum_of
from bot.watch.evaluation import Evaluation
from bot.watch.findings import NOTHING, Findings, joined, unknown

QUORUM = "quorum"
ENGINES = "engines"


def judge(evaluation: Evaluation) -> Findings:
    """All that is wrong with managers and engines."""
    return joined(
        (
            _locked(evaluation),
            _suspected_locked(evaluation),
            _unreachable(evaluation),
            _silent(evaluation),
            _quorum(evaluation),
        )
    )


# ---- locked


def _locked(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.engines is None:
        return unknown(AlertKind.MANAGER_LOCKED)
    problems = [_lock(evaluation, engine) for engine in evaluation.locked_engines]
    # An engine that answers, but says nothing of itself, is perhaps being unlocked now.
    mute = [
        evaluation.place_of(engine)[0]
        for engine in evaluation.engines.values()
        if engine.reachable and not engine.swarm
    ]
    return joined(
        (
            Findings(tuple(problems)),
            *(unknown(AlertKind.MANAGER_LOCKED, subject=subject) for subject in mute),
        )
    )


def _lock(evaluation: Evaluation, engine: EngineState) -> Problem:
    subject, name = evaluation.place_of(engine)
    tolerance = evaluation.fault_tolerance_without(subject.removeprefix("node:"))
    return evaluation.problem(
        ManagerLocked(fault_tolerance=tolerance), subject, name, engine=engine.name
    )


def _suspected_locked(evaluation: Evaluation) -> Findings:
    """Judged from the nodes; while nobody can list them, what was found that way stays."""
    if evaluation.snapshot.nodes is None or evaluation.snapshot.cluster is None:
        suspected = [
            subject
            for subject in evaluation.memory.incidents
            if _is_suspicion(evaluation.open(subject, AlertKind.MANAGER_LOCKED))
        ]
        return joined(unknown(AlertKind.MANAGER_LOCKED, subject=subject) for subject in suspected)
    return Findings(tuple(_suspicion(evaluation, node) for node in evaluation.perhaps_locked))


def _suspicion(evaluation: Evaluation, node: Node) -> Problem:
    facts = ManagerLocked(
        suspected=True, fault_tolerance=evaluation.fault_tolerance_without(node.id)
    )
    return evaluation.problem(facts, f"node:{node.id}", node.name)


def _is_suspicion(problem: Problem | None) -> bool:
    return (
        problem is not None and isinstance(problem.facts, ManagerLocked) and problem.facts.suspected
    )


# ---- out of reach


def _unreachable(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.nodes is None:
        return unknown(AlertKind.MANAGER_UNREACHABLE)
    return Findings(tuple(_cut_off(evaluation, node) for node in evaluation.cut_off_managers))


def _cut_off(evaluation: Evaluation, node: Node) -> Problem:
    tolerance = evaluation.fault_tolerance_without(node.id)
    facts = ManagerUnreachable(fault_tolerance=tolerance)
    return evaluation.problem(facts, f"node:{node.id}", node.name)


def _silent(evaluation: Evaluation) -> Findings:
    """Engines that do not answer the bot: by themselves where the Swarm is well, else as a part of
    what is wrong with it."""
    if evaluation.snapshot.engines is None:
        return unknown(AlertKind.ENGINE_UNREACHABLE)
    silent, known = evaluation.silent_engines, len(evaluation.engines)
    if len(silent) == known == 1:
        return Findings((_silence(evaluation, silent[0]),))
    before = joined(
        unknown(AlertKind.ENGINE_UNREACHABLE, subject=evaluation.place_of(engine)[0])
        for engine in silent
    )
    if silent and len(silent) == known:
        return joined((before, Findings((_all_silent(evaluation),))))
    if evaluation.snapshot.nodes is None:
        # Whether their nodes are Down nobody can say; where the quorum is lost, that names them.
        return before
    return Findings(
        tuple(_silence(evaluation, engine) for engine in silent if not evaluation.is_away(engine))
    )


def _silence(evaluation: Evaluation, engine: EngineState) -> Problem:
    subject, name = evaluation.place_of(engine)
    facts = EngineUnreachable(engine=engine.name, reason=engine.error, fault=engine.fault)
    return evaluation.problem(facts, subject, name, engine=engine.name)


def _all_silent(evaluation: Evaluation) -> Problem:
    silent = evaluation.silent_engines
    reasons = sorted((engine.error, engine.fault) for engine in silent if engine.error)
    reason, fault = reasons[0] if reasons else ("", EngineFault.NONE)
    name = listed(sorted(evaluation.place_of(engine)[1] for engine in silent))
    facts = EngineUnreachable(engines=len(silent), reason=reason, fault=fault)
    return evaluation.problem(facts, ENGINES, name)


# ---- the quorum


def _quorum(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.nodes is not None:
        if _is_seen_lost(evaluation):
            return Findings((_lost(evaluation),))
        return Findings((_at_risk(evaluation),)) if _is_at_risk(evaluation) else NOTHING
    if _is_leaderless(evaluation):
        return Findings((_lost(evaluation),))
    return unknown(AlertKind.QUORUM_AT_RISK, AlertKind.QUORUM_LOST)


def _is_seen_lost(evaluation: Evaluation) -> bool:
    """Whether too few managers are left, though the nodes can still be listed. A leader that is cut
    off says so too while the others elect another one: so each has to be gone by another's word."""
    gone = [node for node in evaluation.missing_managers if _is_gone(evaluation, node)]
    managers = evaluation.quorum.managers
    return managers > 1 and not holds(quorum_of(managers, managers - len(gone)))


def _is_gone(evaluation: Evaluation, node: Node) -> bool:
    engine = evaluation.engine_on.get(node.id)
    silent = engine is not None and not engine.reachable
    return silent or node.id in evaluation.away or node.id in evaluation.locked


def _is_at_risk(evaluation: Evaluation) -> bool:
    """Where each manager that is away has an incident of its own, that one says it."""
    quorum = evaluation.quorum
    if quorum.fault_tolerance or quorum.managers < 2 or quorum.reachable == quorum.managers:
        return False
    missing = evaluation.missing_managers
    return not all(evaluation.watched(_kind_of(evaluation, node)) for node in missing)


def _kind_of(evaluation: Evaluation, node: Node) -> AlertKind:
    """The kind of alert that tells of this manager that takes no part."""
    if node.id in evaluation.away:
        return AlertKind.NODE_DOWN
    return (
        AlertKind.MANAGER_LOCKED if node.id in evaluation.locked else AlertKind.MANAGER_UNREACHABLE
    )


def _at_risk(evaluation: Evaluation) -> Problem:
    missing = sorted(node.name for node in evaluation.missing_managers)
    facts = QuorumAtRisk(missing=tuple(missing), managers=evaluation.quorum.managers)
    return evaluation.problem(facts, QUORUM, QUORUM)


def _is_leaderless(evaluation: Evaluation) -> bool:
    """Whether there is no leader by the managers' own words: a locked engine or a worker cannot
    say."""
    snapshot = evaluation.snapshot
    if snapshot.nodes is not None:
        return False
    if snapshot.engines is None:
        return bool(snapshot.leaderless)
    managers = [
        engine for engine in evaluation.engines.values() if engine.reachable and _may_speak(engine)
    ]
    if snapshot.leaderless:
        return bool(managers)
    return any(engine.fault is EngineFault.NO_LEADER for engine in managers)


def _may_speak(engine: EngineState) -> bool:
    if engine.swarm in ("locked", "inactive"):
        return False
    return engine.manager or bool(engine.error) or not engine.swarm


def _lost(evaluation: Evaluation) -> Problem:
    facts = QuorumLost(
        managers=len(evaluation.memory.managers),
        silent=_names(evaluation, evaluation.silent_engines),
        locked=_names(evaluation, evaluation.locked_engines),
        expired=_names(evaluation, evaluation.expired_engines),
    )
    return evaluation.problem(facts, QUORUM, QUORUM)


def _names(evaluation: Evaluation, engines: Sequence[EngineState]) -> tuple[str, ...]:
    return tuple(sorted(evaluation.place_of(engine)[1] for engine in engines))
