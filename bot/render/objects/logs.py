"""The last log lines of a service: in the message, or in a file where they are many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model import File, Message, Node, NodeState, Service
from bot.model.cluster import LogLine, ServiceLog
from bot.model.english import plural
from bot.model.secrecy import masked_text
from bot.model.slash import SLASH
from bot.render.slack.blocks import context, message, section
from bot.render.slack.text import code, escape, preformatted, shortened

_READABLE = ("json-file", "local", "journald")
"""The log drivers whose lines an engine gives back; of the others only a copy, where it keeps
one."""
_PLACES = (
    "syslog-address",
    "gelf-address",
    "fluentd-address",
    "splunk-url",
    "awslogs-group",
    "gcp-project",
)
"""The options that say where lines go, without those that are secrets."""
_LONGEST_PLACE = 100
MOST_LINES = 30
"""Lines in the message itself; where there are more, all of them go along as a file."""


NO_TERMINAL = context(
    "Slack is no terminal, so nothing follows by itself: the button shows what was written since"
)


@dataclass(frozen=True, slots=True)
class LogView:
    """How lines are shown: the nodes that are named, by id; the flags of the CLI.

    `raw`: the lines alone; `timestamps`: their whole times; `details`: what the log driver adds;
    `whole_ids`: ids of nodes are not cut.
    """

    nodes: Mapping[str, Node]
    raw: bool = False
    timestamps: bool = False
    details: bool = False
    whole_ids: bool = False


def logs(
    service: Service, log: ServiceLog, nodes: Mapping[str, Node], view: LogView | None = None
) -> Message:
    """The lines in order of time, each with its node where there are several nodes."""
    view = view or LogView(nodes)
    missing = [_missing(node, nodes) for node in log.silent]
    cut = "the engine stopped in the middle: there may be more" if log.cut else ""
    name = escape(service.name)
    if not log.lines:
        nothing, where = _nothing(service)
        return message(f"{name} {nothing}", [where, *missing], context(cut))
    several = len({line.node_id for line in log.lines}) > 1
    lines = [_line(line, view, several) for line in log.lines]
    files = (
        [File(f"{service.name}.log", "\n".join(lines) + "\n", f"Log of {service.name}")]
        if len(lines) > MOST_LINES
        else []
    )
    head = f"{name} · last {plural(len(lines), 'line')}"
    return message(
        head, missing, [section(preformatted("\n".join(lines[-MOST_LINES:]))), *context(cut)], files
    )


def _nothing(service: Service) -> tuple[str, str]:
    """That there are no lines, and where they are where the log driver takes them elsewhere."""
    driver = (service.spec.get("TaskTemplate") or {}).get("LogDriver") or {}
    name, options = str(driver.get("Name") or ""), driver.get("Options") or {}
    if name == "none":
        line = code(f"{SLASH} service update --log-driver json-file {service.name}")
        return "keeps no log: its log driver is none", (
            f"What it writes is lost. {line} keeps it from then on."
        )
    if not name or name in _READABLE:
        return "wrote nothing in that time", ""
    to = next((str(options[option]) for option in _PLACES if options.get(option)), "")
    where = f" to {escape(shortened(masked_text(to), _LONGEST_PLACE))}" if to else ""
    return f"has no lines here: its log driver is {escape(name)}", (
        f"Its lines go{where} by way of {escape(name)}: look there."
    )


def _missing(node_id: str, nodes: Mapping[str, Node]) -> str:
    """Why the lines of a node are missing: Swarm's way to its log may be lost though it is
    Ready."""
    name = escape(_name(node_id, nodes))
    node = nodes.get(node_id)
    if node is not None and node.state is NodeState.READY:
        return (
            f"⚠ Swarm has lost its way to the log of {name}, which is Ready: its lines are "
            "missing. "
            f"There: {code('docker logs')}, or {code('sudo systemctl restart docker')} brings it "
            "back"
        )
    return f"⚠ no answer from {name}: its lines are missing"


def _line(line: LogLine, view: LogView, several: bool) -> str:
    parts = [
        _at(line, view),
        _node(line, view) if several and not view.raw else "",
        line.details if view.details else "",
    ]
    return "".join(f"{part} " for part in parts if part) + line.text


def _at(line: LogLine, view: LogView) -> str:
    if line.at is None:
        return ""
    if view.timestamps:
        return f"{line.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    return "" if view.raw else f"{line.at:%H:%M:%S}"


def _node(line: LogLine, view: LogView) -> str:
    if view.whole_ids and line.node_id not in view.nodes:
        return line.node_id
    return _name(line.node_id, view.nodes)


def _name(node_id: str, nodes: Mapping[str, Node]) -> str:
    return nodes[node_id].name if node_id in nodes else node_id[:12]
