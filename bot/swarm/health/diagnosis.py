"""Explains the errors of tasks, and what to do about them; pure.

The texts are those of swarmkit, moby and runc.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from bot.model import Availability, Finding, Node, NodeState, Symptom, Task, TaskState
from bot.model.english import agree

_PLACES = re.compile(r"no suitable node(?: \((?P<reasons>.*)\))?", re.DOTALL)
_REASON = re.compile(
    r"(?P<nodes>\d+) nodes? (?P<state>not available for new tasks)|(?P<what>.+?)(?: on "
    r"(?P<on>\d+) nodes?)?"
)
_EXIT = re.compile(r"non-zero exit \((?P<code>\d+)\)")


@dataclass(frozen=True, slots=True)
class _Sign:
    """A text in a task's error, and the cause and fix that it stands for."""

    pattern: re.Pattern[str]
    cause: Callable[[re.Match[str], Task], str]
    fix: str
    symptom: Symptom = Symptom.DOES_NOT_START


def _says(text: str) -> Callable[[re.Match[str], Task], str]:
    return lambda match, task: text.format(image=task.image.tagged, **match.groupdict())


_FREE_PORT = "Free the port on that node, or publish another."
_PROGRAM = r'exec: \\?"(?P<program>[^"\\]{1,300})'

_SIGNS = (
    _Sign(
        re.compile("unhealthy container"),
        _says("the health check fails"),
        "Look at what the check asks for; give the program more time with `--health-start-period`.",
        Symptom.UNHEALTHY,
    ),
    _Sign(
        re.compile(r"non-zero exit \(137\)"),
        _says("exit code 137: killed, often out of memory"),
        "Raise `--limit-memory`, or find what eats the memory.",
        Symptom.EXITS,
    ),
    _Sign(
        re.compile(r"non-zero exit \((?P<code>\d+)\)"),
        _says("exit code {code}"),
        "The program ended by itself: its last lines say why.",
        Symptom.EXITS,
    ),
    _Sign(
        re.compile(r"[Nn]o such image"),
        _says("{image} cannot be pulled"),
        "Check name and tag, and that the nodes reach the registry and may pull from it.",
    ),
    _Sign(
        re.compile(r"bind source path does not exist: (?P<path>.+)"),
        _says("{path} does not exist on the node"),
        "Create it on every node that may run the task, or use a volume.",
    ),
    _Sign(
        re.compile(r"invalid mount config[^:]*: (?P<why>.*)"),
        _says("a mount is not possible: {why}"),
        "Correct the mount, or constrain the service to nodes that have it.",
    ),
    _Sign(
        re.compile(
            r":(?P<port>\d{1,5})\b[^:]{0,300}(?::[^:]{0,300})?: "
            r"(?:port is already allocated|address already in use)"
        ),
        _says("port {port} is taken by something outside Swarm"),
        _FREE_PORT,
    ),
    _Sign(
        re.compile(r"port is already allocated|address already in use", re.IGNORECASE),
        _says("a port or address that it needs is taken on the node"),
        _FREE_PORT,
    ),
    _Sign(
        re.compile(
            rf"{_PROGRAM}.{{0,2000}}(?:executable file not found|no such file or directory)"
        ),
        _says("the program `{program}` is not in the image"),
        "Check the command, and that the image has a shell if it needs one.",
    ),
    _Sign(
        re.compile(rf"{_PROGRAM}.{{0,2000}}permission denied"),
        _says("the program `{program}` may not be executed"),
        "Set its execute bit when the image is built, or check the user that it runs as.",
    ),
    _Sign(
        re.compile("exec format error|does not match the specified platform"),
        _says("the image is built for another platform"),
        "Push a multi-platform image.",
    ),
    _Sign(
        re.compile(r"starting container failed: (?P<why>.*)", re.DOTALL),
        _says("the container does not start: {why}"),
        "`/swarm service logs` may say more.",
    ),
)

_PLACEMENT_REASONS = {
    "unsupported platform": (
        "the image has no build for the platform of {nodes}",
        "Push a multi-platform image.",
    ),
    "scheduling constraints not satisfied": (
        "the constraints exclude {nodes}",
        "Label a node, or change the constraint.",
    ),
    "insufficient resources": (
        "{nodes} {have} no room left for the reservation",
        (
            "Lower `--reserve-memory` or `--reserve-cpu`, or add a node; reservations count, "
            "not usage."
        ),
    ),
    "host-mode port already in use": (
        "the host port is taken on {nodes}",
        "Run fewer replicas than nodes; with `start-first` one node has to be free.",
    ),
    "max replicas per node limit exceed": (
        "every node left runs as many replicas as `--replicas-max-per-node` allows",
        "Raise the limit, or add a node.",
    ),
    "missing plugin": (
        "a plugin that the task needs is missing on {nodes}",
        "Install the plugin, or constrain the service.",
    ),
    "cannot fulfill requested CSI volume mounts": (
        "the cluster volume cannot be mounted on {nodes}",
        "Constrain the service to nodes that reach the volume.",
    ),
}
_NOWHERE = Finding(
    "no node takes the task", "`/swarm node ls` shows which nodes are Ready and Active."
)

_SLOW = {
    TaskState.PREPARING: ("{image} is still being pulled", "Check the node's way to the registry."),
    TaskState.STARTING: (
        "it starts, and is not healthy yet",
        "Look at the health check, or allow more time with `--timeout`.",
    ),
    TaskState.PENDING: (
        "no node was found for it yet",
        "`/swarm doctor` shows what stands in the way.",
    ),
}


def diagnose(tasks: Iterable[Task], nodes: Mapping[str, Node]) -> tuple[Finding, ...]:
    """The causes that keep these tasks from running, one finding a cause, with its newest task.

    Programs that ended come first, for they leave log lines; then the most frequent.
    """
    by_cause: dict[str, Finding] = {}
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
        for finding in _of_placement(placement["reasons"] or "", nodes.values()):
            yield replace(finding, task_id=task.id)
    elif task.error:
        yield _of_error(task, node)
    elif task.state in _SLOW and task.desired in (TaskState.RUNNING, TaskState.READY):
        cause, fix = _SLOW[task.state]
        yield Finding(cause.format(image=task.image.tagged), fix, node, task.id)
    elif task.state == TaskState.COMPLETE and task.desired != TaskState.COMPLETE:
        yield Finding(
            "the program ended with exit code 0",
            "A service has to go on running.",
            node,
            task.id,
            0,
            symptom=Symptom.EXITS,
        )


def _of_placement(reasons: str, nodes: Iterable[Node]) -> Iterable[Finding]:
    """One finding for each reason.

    swarmkit joins the reasons by semicolons, the one that excludes most nodes first.
    """
    matches = [match for part in reasons.split("; ") if (match := _REASON.fullmatch(part.strip()))]
    if not matches:
        yield _NOWHERE
    for match in matches:
        if match["state"]:
            yield Finding(
                _closed(int(match["nodes"]), nodes), "Set one of them to Active, or bring it back."
            )
        else:
            cause, fix = _PLACEMENT_REASONS.get(
                match["what"], (match[0].replace("{", "{{").replace("}", "}}"), "")
            )
            yield Finding(_counted(cause, int(match["on"] or 0)), fix)


def _counted(text: str, nodes: int) -> str:
    return text.format(
        nodes="1 node" if nodes == 1 else f"{nodes} nodes", have=agree(nodes, "has", "have")
    )


def _closed(count: int, nodes: Iterable[Node]) -> str:
    """The nodes that take no new tasks.

    They are named where they are at most three, and as many as the engine counts.
    """
    closed = [f"{node.name} ({_why_closed(node)})" for node in nodes if _why_closed(node)]
    take = agree(count, "takes", "take")
    if len(closed) == count <= 3:
        return f"{' and '.join(closed)} {take} no new tasks"
    return _counted("{nodes}", count) + f" {take} no new tasks: paused, drained or down"


def _why_closed(node: Node) -> str:
    if node.state != NodeState.READY:
        return node.state.capitalize()
    return "" if node.availability == Availability.ACTIVE else node.availability.capitalize()


def _of_error(task: Task, node: str) -> Finding:
    code = _EXIT.search(task.error)
    exit_code = int(code["code"]) if code else task.exit_code or None
    for sign in _SIGNS:
        if match := sign.pattern.search(task.error):
            cause = sign.cause(match, task)[:300]
            return Finding(cause, sign.fix, node, task.id, exit_code, symptom=sign.symptom)
    return Finding(task.error[:300], "", node, task.id, exit_code)
