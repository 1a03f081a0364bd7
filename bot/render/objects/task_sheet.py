"""One task in detail: where it runs, how it ended, and what it was to run."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model import Message, Node, Service, Task
from bot.render.objects.tasks import in_trouble
from bot.render.slack import details_table
from bot.render.slack.blocks import context, image_cell, message, when
from bot.render.slack.details_table import filled
from bot.render.slack.text import escape, prose, shortened

_NAME_CHARACTERS = 80


def inspected(task: Task, service: Service, nodes: Mapping[str, Node]) -> Message:
    """One task in detail; `nodes` are keyed by id."""
    node = nodes[task.node_id].name if task.node_id in nodes else task.node_id
    name = f"{shortened(service.name, _NAME_CHARACTERS)}.{task.slot or node}"
    mark = "🟠" if in_trouble(task) else "🟢"
    rows = filled(
        ("service", service.name),
        ("node", node),
        ("image", image_cell(task.image)),
        ("state", str(task.state)),
        ("desired state", str(task.desired)),
        ("message", task.message),
        ("exit code", "" if task.exit_code is None else str(task.exit_code)),
        ("container", task.container_id[:12]),
    )
    return message(
        f"{mark} {escape(name)} · {task.state.capitalize()}",
        [prose(task.error)],
        [
            *details_table.parts([("", rows)]),
            *context(
                f"id {escape(task.id)}",
                f"created {when(task.created)}" if task.created else "",
                f"in this state since {when(task.at)}" if task.at else "",
            ),
        ],
    )
