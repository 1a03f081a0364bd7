"""Recognizes what keeps tasks from running by their states and errors; pure.

The texts are those of swarmkit, moby and runc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
_PLACES = re.compile(r"no suitable node(?: \((?P<reasons>.*)\))?", re.DOTALL)
_REASON = re.compile(
    r"(?P<nodes>\d+) nodes? (?P<state>not available for new tasks)|(?P<reason>.+?)(?: on "
    r"(?P<on>\d+) nodes?)?"
)
_EXIT = re.compile(r"non-zero exit \((?P<code>\d+)\)")
_PROGRAM = r'exec: \\?"(?P<value>[^"\\]{1,300})'


@dataclass(frozen=True, slots=True)
class _Sign:
    """A text in a task's error, and the kind of cause that it stands for; a group `value` is what
    the cause says of it."""

    pattern: re.Pattern[str]
    kind: CauseKind


_SIGNS = (
    _Sign(re.compile("unhealthy container"), CauseKind.UNHEALTHY),
    _Sign(re.compile(r"non-zero exit \(137\)"), CauseKind.KILLED),
    _Sign(re.compile(r"non-zero exit \((?P<value>\d+)\)"), CauseKind.EXIT_CODE),
    # Up to Docker 29.5; from 29.6 on a task's error is that of its pull.
    _Sign(re.compile(r"[Nn]o such image"), CauseKind.NOT_PULLED),
    _Sign(
        re.compile(
            r"failed to resolve reference|failed to do request: Head|manifest unknown|"
            r"pull access denied"
        ),
        CauseKind.NOT_PULLED,
    ),
    _Sign(re.compile(r"bind source path does not exist: (?P<value>.+)"), CauseKind.PATH_MISSING),
    _Sign(re.compile(r"invalid mount config[^:]*: (?P<value>.*)"), CauseKind.MOUNT_INVALID),
    # Docker 28: an address, the host's port or a range of them, and the container's end.
    _Sign(
        re.compile(
            r"failed to bind host port (?P<value>\d{1,5}) for .{1,300}: address already in use"
        ),
        CauseKind.PORT_TAKEN,
    ),
    _Sign(
        re.compile(
            r"failed to bind host port for (?:\[[0-9a-fA-F:.%]{0,60}\]|[0-9.]{0,20})"
            r":(?P<value>\d{1,5})[-:].{1,300}: address already in use"
        ),
        CauseKind.PORT_TAKEN,
    ),
    _Sign(
        re.compile(
            r":(?P<value>\d{1,5})\b[^:]{0,300}(?::[^:]{0,300})?: "
            r"(?:port is already allocated|address already in use)"
        ),
        CauseKind.PORT_TAKEN,
    ),
    _Sign(
        re.compile(r"port is already allocated|address already in use", re.IGNORECASE),
        CauseKind.ADDRESS_TAKEN,
    ),
    _Sign(
        re.compile(
            rf"{_PROGRAM}.{{0,2000}}(?:executable file not found|no such file or directory)"
        ),
        CauseKind.PROGRAM_MISSING,
    ),
    _Sign(re.compile(rf"{_PROGRAM}.{{0,2000}}permission denied"), CauseKind.PROGRAM_NOT_EXECUTABLE),
    _Sign(
        re.compile(
            "exec format error|does not match the specified platform|no matching manifest for"
        ),
        CauseKind.OTHER_PLATFORM,
    ),
    _Sign(re.compile("node is missing network attachments"), CauseKind.NO_ADDRESS_ON_NODE),
    _Sign(
        re.compile(r"starting container failed: (?P<value>.*)", re.DOTALL), CauseKind.NOT_STARTED
    ),
)

_PLACEMENT_KINDS = {
    "unsupported platform": CauseKind.NO_BUILD,
    "scheduling constraints not satisfied": CauseKind.CONSTRAINTS,
    "insufficient resources": CauseKind.RESERVATION,
    "host-mode port already in use": CauseKind.HOST_PORT,
    "missing plugin": CauseKind.PLUGIN_MISSING,
    "cannot fulfill requested CSI volume mounts": CauseKind.VOLUME_OUT_OF_REACH,
}
_MOST_PER_NODE = "max replicas per node limit exceed"
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
    if placement := _PLACES.match(task.error):
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
    matches = [match for part in reasons.split("; ") if (match := _REASON.fullmatch(part.strip()))]
    if not matches:
        yield Cause(CauseKind.NO_NODE)
    for match in matches:
        if match["state"]:
            yield _closed(int(match["nodes"]), nodes)
        elif match["reason"] == _MOST_PER_NODE:
            yield Cause(CauseKind.MOST_PER_NODE)
        elif kind := _PLACEMENT_KINDS.get(match["reason"]):
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
    code = _EXIT.search(task.error)
    exit_code = int(code["code"]) if code else task.exit_code or None
    return Finding(_cause(task), node, task.id, exit_code)


def _cause(task: Task) -> Cause:
    for sign in _SIGNS:
        if match := sign.pattern.search(task.error):
            value = match.groupdict().get("value", "")
            if sign.kind is CauseKind.NOT_PULLED:
                value = task.image.tagged
            return Cause(sign.kind, bounded(value, _MOST_TEXT))
    return Cause(CauseKind.UNKNOWN, bounded(task.error, _MOST_TEXT))
