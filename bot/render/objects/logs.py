"""The last log lines of a service: in the message, or in a file where they are many."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import File, Message, Node, Service
from bot.model.cluster import LogLine, ServiceLog
from bot.model.english import plural
from bot.render.slack.blocks import context, message, section
from bot.render.slack.text import escape, preformatted

MOST_LINES = 30
"""Lines in the message itself; where there are more, all of them go along as a file."""


def logs(service: Service, log: ServiceLog, nodes: Mapping[str, Node]) -> Message:
    """The lines in order of time, each with its node where there are several nodes."""
    silent = ", ".join(escape(_name(node, nodes)) for node in log.silent)
    missing = [f"⚠ no answer from {silent}: its lines are missing"] if silent else []
    cut = "the engine stopped in the middle: there may be more" if log.cut else ""
    name = escape(service.name)
    if not log.lines:
        return message(f"{name} wrote nothing in that time", missing, context(cut))
    several = len({line.node_id for line in log.lines}) > 1
    lines = [_line(line, nodes, several) for line in log.lines]
    files = (
        [File(f"{service.name}.log", "\n".join(lines) + "\n", f"Log of {service.name}")]
        if len(lines) > MOST_LINES
        else []
    )
    head = f"{name} · last {plural(len(lines), 'line')}"
    return message(
        head, missing, [section(preformatted("\n".join(lines[-MOST_LINES:]))), *context(cut)], files
    )


def _line(line: LogLine, nodes: Mapping[str, Node], several: bool) -> str:
    at = f"{line.at:%H:%M:%S} " if line.at else ""
    return f"{at}{_name(line.node_id, nodes) + ' ' if several else ''}{line.text}"


def _name(node_id: str, nodes: Mapping[str, Node]) -> str:
    return nodes[node_id].name if node_id in nodes else node_id[:12]
