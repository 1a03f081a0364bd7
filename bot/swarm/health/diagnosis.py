"""Recognizes what keeps tasks from running by their states and errors; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import (
    Availability,
    Cause,
    CauseKind,
    Finding,
    Node,
    NodeState,
    Task,
    TaskState,
)
from bot.model.bounds import bounded
from bot.swarm.engine_words import (
    EXIT,
    MOST_PER_NODE,
    NO_SUITABLE_NODE,
    PLACEMENT_KINDS,
    PLACEMENT_REASON,
    TASK_SIGNS,
)

STUCK = timedelta(seconds=5)
"""Before that a task is on its way."""
_WAITING = (
    TaskState.NEW,
    TaskState.ALLOCATED,
    TaskState.PENDING,
    TaskState.ASSIGNED,
    TaskState.ACCEPTED,
)
_MOST_TEXT = 300
_MOST_NAMED = 3


def unwell(tasks: Iterable[Task], now: datetime) -> list[Task]:
    """The tasks with an error, and those that have waited long for an address, a node, or for
    their node to take them up."""
    return [task for task in tasks if task.error or _is_stuck(task, now)]


def _is_stuck(task: Task, now: datetime) -> bool:
    waits = task.wanted and task.state in _WAITING
    return waits and task.at is not None and now - task.at >= STUCK


def diagnose(tasks: Iterable[Task], nodes: Mapping[str, Node]) -> tuple[Finding, ...]:
    """The causes that keep these tasks from running, one finding a cause, with its newest task.

    Programs that ended come first, for they leave log lines; then the most frequent.
    """
    by_cause: dict[Cause, Finding] = {}
    for task in sorted(tasks, key=_time, reverse=True):
        for finding in _of_task(task, nodes):
            counted = by_cause.get(finding.cause)
            by_cause[finding.cause] = (
                replace(counted, tasks=counted.tasks + 1) if counted else finding
            )
    return tuple(
        sorted(by_cause.values(), key=lambda finding: (finding.exit_code is None, -finding.tasks))
    )


def _time(task: Task) -> float:
    return task.at.timestamp() if task.at else 0.0


def _of_task(task: Task, nodes: Mapping[str, Node]) -> Iterable[Finding]:
    node = nodes[task.node_id].name if task.node_id in nodes else ""
    if placement := NO_SUITABLE_NODE.match(task.error):
        for cause in _of_placement(placement["reasons"] or "", nodes.values()):
            yield Finding(cause, task_id=task.id)
    elif task.error:
        yield _of_error(task, node)
    elif task.desired in (TaskState.RUNNING, TaskState.READY) and (slow := _slow(task)):
        yield Finding(slow, node, task.id)
    elif task.state == TaskState.COMPLETE and task.desired != TaskState.COMPLETE:
        yield Finding(Cause(CauseKind.ENDED), node, task.id, 0)


def _slow(task: Task) -> Cause | None:
    match task.state:
        case TaskState.PREPARING:
            return Cause(CauseKind.PULLING, task.image.tagged[:_MOST_TEXT])
        case TaskState.STARTING:
            return Cause(CauseKind.STARTING)
        case TaskState.NEW:
            return Cause(CauseKind.NO_ADDRESS)
        case TaskState.ALLOCATED | TaskState.PENDING:
            return Cause(CauseKind.PENDING)
        case TaskState.ASSIGNED | TaskState.ACCEPTED:
            return Cause(CauseKind.NOT_TAKEN_UP)
        case _:
            return None


def _of_placement(reasons: str, nodes: Iterable[Node]) -> Iterable[Cause]:
    """One cause for each reason.

    swarmkit joins the reasons by semicolons, the one that excludes most nodes first.
    """
    parts = (PLACEMENT_REASON.fullmatch(part.strip()) for part in reasons.split("; "))
    matches = [match for match in parts if match]
    if not matches:
        yield Cause(CauseKind.NO_NODE)
    for match in matches:
        if match["state"]:
            yield _closed(int(match["nodes"]), nodes)
        elif match["reason"] == MOST_PER_NODE:
            yield Cause(CauseKind.MOST_PER_NODE)
        elif kind := PLACEMENT_KINDS.get(match["reason"]):
            yield Cause(kind, nodes=int(match["on"] or 0))
        else:
            yield Cause(CauseKind.UNKNOWN, bounded(match[0], _MOST_TEXT))


def _closed(count: int, nodes: Iterable[Node]) -> Cause:
    """The nodes that take no new tasks.

    They are named where they are at most three, and as many as the engine counts.
    """
    closed = tuple((node.name, state) for node in nodes if (state := _why_closed(node)))
    named = closed if len(closed) == count <= _MOST_NAMED else ()
    return Cause(CauseKind.NODES_CLOSED, nodes=count, closed=named)


def _why_closed(node: Node) -> NodeState | Availability | None:
    if node.state != NodeState.READY:
        return node.state
    return None if node.availability == Availability.ACTIVE else node.availability


def _of_error(task: Task, node: str) -> Finding:
    code = EXIT.search(task.error)
    exit_code = int(code["code"]) if code else task.exit_code or None
    return Finding(_cause(task), node, task.id, exit_code)


def _cause(task: Task) -> Cause:
    for sign in TASK_SIGNS:
        if match := sign.pattern.search(task.error):
            value = match.groupdict().get("value", "")
            if sign.kind is CauseKind.NOT_PULLED:
                value = task.image.tagged
            return Cause(sign.kind, bounded(value, _MOST_TEXT))
    return Cause(CauseKind.UNKNOWN, bounded(task.error, _MOST_TEXT))
