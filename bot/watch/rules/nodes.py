"""Nodes that are Down, and what they take along: the services that ran there, the managers'
safety."""

from __future__ import annotations

from bot.model import Node
from bot.model.alert_facts import Aftermath, AlertKind, EngineAnswer, LostReplicas, NodeDown
from bot.model.incident import Incident, Problem, Severity
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings, unknown

_OF_NODES = ("node", "certificate:node")
"""How subjects begin that end with the id of a node."""
_LEAVES_IT_IDLE = (AlertKind.NODE_DOWN, AlertKind.MANAGER_LOCKED)


def judge(evaluation: Evaluation) -> Findings:
    """The nodes that are Down, each with all that it costs."""
    if evaluation.snapshot.nodes is None:
        return unknown(AlertKind.NODE_DOWN)
    return Findings(tuple(_down(evaluation, node) for node in evaluation.away.values()))


def aftermath(evaluation: Evaluation, incident: Incident) -> Aftermath:
    """What remains to be done when the trouble with a node is over."""
    kind, _, node_id = incident.subject.rpartition(":")
    if kind not in _OF_NODES or not node_id or evaluation.snapshot.nodes is None:
        return Aftermath.NOTHING
    if node_id not in evaluation.nodes:
        return Aftermath.GONE
    was_away = any(problem.kind in _LEAVES_IT_IDLE for problem in incident.problems)
    if not (was_away and evaluation.idles(node_id)):
        return Aftermath.NOTHING
    return Aftermath.ONLY_GLOBAL if node_id in evaluation.used else Aftermath.IDLE


def _down(evaluation: Evaluation, node: Node) -> Problem:
    return evaluation.problem(
        NodeDown(
            node_id=node.id,
            left_over=node.id in evaluation.left_over,
            drained=node.availability == "drain",
            locked=node.id in evaluation.locked,
            engine=_answer(evaluation, node),
            replicas=_replicas(evaluation, node),
            fault_tolerance=evaluation.fault_tolerance_without(node.id),
        ),
        f"node:{node.id}",
        node.name,
        severity=_severity(evaluation, node),
        since=evaluation.memory.unready.get(node.id, evaluation.at),
        lost=evaluation.losses.get(node.id, ()),
    )


def _severity(evaluation: Evaluation, node: Node) -> Severity:
    """What is left over of a manager still counts in the quorum, else it is in nobody's way."""
    if node.id not in evaluation.left_over:
        return evaluation.rules[AlertKind.NODE_DOWN].severity
    return Severity.WARNING if node.manager else Severity.NOTE


def _answer(evaluation: Evaluation, node: Node) -> EngineAnswer:
    engine = evaluation.engine_on.get(node.id)
    if engine is None:
        return EngineAnswer.NOT_CONNECTED
    if engine in evaluation.expired_engines:
        return EngineAnswer.EXPIRED
    return EngineAnswer.ANSWERS if engine.reachable else EngineAnswer.SILENT


def _replicas(evaluation: Evaluation, node: Node) -> LostReplicas:
    if evaluation.losses.get(node.id):
        return LostReplicas.BEING_REPLACED
    before = evaluation.open(f"node:{node.id}", AlertKind.NODE_DOWN)
    had_lost = before is not None and (bool(before.lost) or _was_replaced(before))
    return LostReplicas.REPLACED if had_lost else LostReplicas.NONE


def _was_replaced(problem: Problem) -> bool:
    facts = problem.facts
    return isinstance(facts, NodeDown) and facts.replicas is LostReplicas.REPLACED
