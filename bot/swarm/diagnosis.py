"""What the errors of tasks mean, and what to do about them; pure. The texts are those of swarmkit, moby and containerd."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.model import Finding, Node, Task

_PLACES = re.compile(r"no suitable node \((?P<reasons>.*)\)", re.DOTALL)
_REASON = re.compile(r"(?P<what>[^;]+?) on (?P<nodes>\d+) nodes?")
_NOT_AVAILABLE = re.compile(r"(?P<nodes>\d+) nodes? not available for new tasks")
_EXIT = re.compile(r"non-zero exit \((?P<code>\d+)\)")


@dataclass(frozen=True, slots=True)
class _Sign:
    """A text in a task's error, and the cause and fix that it stands for."""

    pattern: re.Pattern[str]
    cause: Callable[[re.Match[str], Task], str]
    fix: str


def _says(text: str) -> Callable[[re.Match[str], Task], str]:
    return lambda found, task: text.format(image=task.image.tagged, **found.groupdict())


_SIGNS = (
    _Sign(
        re.compile("unhealthy container"),
        _says("the health check fails"),
        "Look at what the check asks for; give the program more time with `--health-start-period`.",
    ),
    _Sign(
        re.compile(r"non-zero exit \(137\)"),
        _says("exit code 137: killed, often out of memory"),
        "Raise `--limit-memory`, or find what eats the memory.",
    ),
    _Sign(
        re.compile(r"non-zero exit \((?P<code>\d+)\)"),
        _says("exit code {code}"),
        "The program ended by itself: its last lines say why.",
    ),
    _Sign(
        re.compile(r"[Nn]o such image"),
        _says("{image} cannot be pulled"),
        "Check name and tag, and that the nodes reach the registry and may pull from it.",
    ),
    _Sign(
        re.compile(r"bind source path does not exist: (?P<path>\S+)"),
        _says("{path} does not exist on the node"),
        "Create it on every node that may run the task, or use a volume.",
    ),
    _Sign(
        re.compile(r"invalid mount config[^:]*: (?P<why>.*)"),
        _says("a mount is not possible: {why}"),
        "Correct the mount, or constrain the service to nodes that have it.",
    ),
    _Sign(
        re.compile(r"port is already allocated|address already in use"),
        _says("the port is taken by something outside Swarm"),
        "Free the port on that node, or publish another.",
    ),
    _Sign(
        re.compile(r"exec(?:utable file)?[^:]*: .*(?:not found|no such file)", re.IGNORECASE),
        _says("the program to run is not in the image"),
        "Check the command, and that the image has a shell if it needs one.",
    ),
    _Sign(
        re.compile("exec format error"),
        _says("the image is built for another platform"),
        "Push a multi-platform image.",
    ),
    _Sign(
        re.compile(r"starting container failed: (?P<why>.*)", re.DOTALL),
        _says("the container does not start: {why}"),
        "",
    ),
)

_PLACEMENT = {
    "unsupported platform": (
        "the image has no build for the platform of {nodes} nodes",
        "Push a multi-platform image.",
    ),
    "scheduling constraints not satisfied": (
        "no node fulfils the constraints (not {nodes} of them)",
        "Label a node, or change the constraint.",
    ),
    "insufficient resources": (
        "the reservations of {nodes} nodes are full",
        "Lower `--reserve-memory` or `--reserve-cpu`, or add a node; reservations count, not usage.",
    ),
    "host-mode port already in use": (
        "the host port is taken on {nodes} nodes",
        "Run fewer replicas than nodes; with `start-first` one node has to be free.",
    ),
    "max replicas per node limit exceed": (
        "{nodes} nodes run as many replicas as `--replicas-max-per-node` allows",
        "Raise the limit, or add a node.",
    ),
    "missing plugin": (
        "{nodes} nodes lack a plugin that the task needs",
        "Install the plugin, or constrain the service.",
    ),
}

_SLOW = {
    "preparing": ("{image} is still being pulled", "Check the node's way to the registry."),
    "starting": ("it starts, and is not healthy yet", "Look at the health check, or allow more time with `--timeout`."),
    "pending": ("no node was found for it yet", "`/swarm doctor` shows what stands in the way."),
}


def diagnose(tasks: Iterable[Task], nodes: Mapping[str, Node]) -> tuple[Finding, ...]:
    """The causes that keep these tasks from running, the most frequent first, one finding a cause."""
    found: dict[str, Finding] = {}
    for task in sorted(tasks, key=_newest_first, reverse=True):
        for finding in _of_task(task, nodes):
            known = found.get(finding.cause)
            found[finding.cause] = _together(known, finding) if known else finding
    return tuple(sorted(found.values(), key=lambda finding: (finding.exit_code is None, -finding.tasks)))


def _newest_first(task: Task) -> float:
    return task.at.timestamp() if task.at else 0.0


def _together(known: Finding, more: Finding) -> Finding:
    return Finding(
        known.cause, known.fix, known.node, known.task_id, known.exit_code, known.tasks + more.tasks, known.log
    )


def _of_task(task: Task, nodes: Mapping[str, Node]) -> Iterable[Finding]:
    node = nodes[task.node_id].name if task.node_id in nodes else ""
    if placement := _PLACES.search(task.error):
        yield from _of_placement(placement["reasons"], task)
    elif task.error:
        yield _of_error(task, node)
    elif task.state in _SLOW and task.desired in ("running", "ready"):
        cause, fix = _SLOW[task.state]
        yield Finding(cause.format(image=task.image.tagged), fix, node, task.id)
    elif task.state == "complete" and task.desired != "complete":
        yield Finding("the program ended with exit code 0", "A service has to go on running.", node, task.id, 0)


def _of_placement(reasons: str, task: Task) -> Iterable[Finding]:
    if blocked := _NOT_AVAILABLE.search(reasons):
        yield Finding(
            f"{blocked['nodes']} nodes take no new tasks: paused, drained or down",
            "Set one of them to Active, or bring it back.",
            task_id=task.id,
        )
    for reason in _REASON.finditer(reasons):
        what = reason["what"].strip()
        cause, fix = _PLACEMENT.get(what, (what + " on {nodes} nodes", ""))
        yield Finding(_counted(cause, int(reason["nodes"])), fix, task_id=task.id)


def _counted(cause: str, nodes: int) -> str:
    text = cause.format(nodes=nodes)
    return text.replace("1 nodes", "1 node") if nodes == 1 else text


def _of_error(task: Task, node: str) -> Finding:
    code = _EXIT.search(task.error)
    exit_code = int(code["code"]) if code else task.exit_code or None
    for sign in _SIGNS:
        if found := sign.pattern.search(task.error):
            return Finding(sign.cause(found, task)[:300], sign.fix, node, task.id, exit_code)
    return Finding(task.error[:300], "", node, task.id, exit_code)
