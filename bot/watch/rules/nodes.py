"""Nodes that are Down, and what they take along: the services that ran there, the managers'
safety."""

from __future__ import annotations

from bot.model import Node
from bot.model.incident import AlertKind, Incident, Problem
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings, unknown
from bot.watch.phrases import more_may_fail, parts, sentences

ELSEWHERE = "What ran there is being placed elsewhere."
WHOLE = "Its services are whole again."
GONE = "it is no longer part of the Swarm"
IDLE = "it runs nothing yet"
ONLY_GLOBAL = "it runs only global services yet"


def judge(scene: Evaluation) -> Findings:
    """The nodes that are Down, each with all that it costs."""
    if scene.seen.nodes is None:
        return unknown(AlertKind.NODE_DOWN)
    return Findings(tuple(_down(scene, node) for node in scene.away.values()))


def safety(scene: Evaluation, node_id: str) -> str:
    """What it means for the quorum that this node is away, where it is a manager."""
    node = scene.nodes.get(node_id)
    if node is None or node.manager is None or scene.bearing.managers < 2:
        return ""
    return more_may_fail(scene.bearing.fault_tolerance)


def aftermath(scene: Evaluation, incident: Incident) -> str:
    """What remains to be done when the trouble with a node is over."""
    node_id = incident.subject.removeprefix("node:")
    if node_id == incident.subject or scene.seen.nodes is None:
        return ""
    if node_id not in scene.nodes:
        return GONE
    was_down = any(
        one.trouble in (AlertKind.NODE_DOWN, AlertKind.MANAGER_LOCKED) for one in incident.problems
    )
    if not (was_down and scene.idles(node_id)):
        return ""
    return ONLY_GLOBAL if node_id in scene.used else IDLE


def _down(scene: Evaluation, node: Node) -> Problem:
    locked = node.id in scene.locked
    said = (
        ()
        if locked
        else ("it sends no heartbeat", _engine_word(scene, node), safety(scene, node.id))
    )
    return scene.problem(
        AlertKind.NODE_DOWN,
        f"node:{node.id}",
        node.name,
        since=scene.memory.unready.get(node.id, scene.at),
        detail=sentences(parts(*said), _services_word(scene, node)),
        fix=""
        if locked
        else f"Start its Docker engine; if the machine is gone: `/swarm node rm {node.name}`.",
        lost=scene.losses.get(node.id, ()),
    )


def _engine_word(scene: Evaluation, node: Node) -> str:
    engine = scene.engine_on.get(node.id)
    if engine is None:
        return ""
    return (
        "its engine answers, so it may be cut off from the managers"
        if engine.reachable
        else "its engine is silent too"
    )


def _services_word(scene: Evaluation, node: Node) -> str:
    old = scene.open(f"node:{node.id}", AlertKind.NODE_DOWN)
    if scene.losses.get(node.id):
        return ELSEWHERE
    return WHOLE if old and (old.lost or WHOLE in old.detail) else ""
