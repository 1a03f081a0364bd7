"""Tasks of several services in one table: those of a node, or of a stack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import File, Finding, Message, Node, NodeState, Service, Task
from bot.model.english import age, plural
from bot.model.natural import natural
from bot.render.findings import causes, last_words
from bot.render.objects.nodes import state_word
from bot.render.objects.tasks import (
    TASK_COLUMNS,
    in_trouble,
    listed_of,
    places_of,
    rank,
    runs,
)
from bot.render.slack.blocks import Block, image_cell, message
from bot.render.slack.fence import Row
from bot.render.slack.tables import table
from bot.render.slack.text import escape, shortened

_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class TaskContext:
    """Services and nodes by id, and the time now; `whole`: cells are not cut.

    `only`: the ids of the tasks that are listed, where that is not all.
    """

    services: Mapping[str, Service]
    now: datetime
    nodes: Mapping[str, Node] = field(default_factory=dict)
    whole: bool = False
    only: Collection[str] | None = None


def on_node(node: Node, tasks: Sequence[Task], view: TaskContext) -> Message:
    """What runs on a node, and what ran there. `view` has no nodes.

    Swarm keeps the ended tasks of a removed job until its managers restart (measured); these are
    not counted.
    """
    running, trouble = _counts([task for task in tasks if task.service_id in view.services])
    healthy = node.state == NodeState.READY and not trouble
    words = [
        state_word(node.state),
        state_word(node.availability),
        f"{plural(running, 'task')} running",
    ]
    name = escape(shortened(node.name, _NAME_CHARACTERS))
    head = f"{'🟢' if healthy else '🟠'} {name} · {' · '.join(words)}"
    if not tasks:
        return message(head, ["No task was placed here yet."])
    return message(head, [], *_Table(view).of(tasks, f"tasks-{node.name}.txt"))


def of_stack(
    name: str, tasks: Sequence[Task], view: TaskContext, findings: Sequence[Finding]
) -> Message:
    """Where the tasks of a stack run, and why some do not. `view` has only its services."""
    running, trouble = _counts(tasks)
    total = sum(map(_to_run, view.services.values()))
    healthy = not trouble and running >= total
    count = f"{running}/{total} running · {plural(len(view.services), 'service')}"
    head = f"{'🟢' if healthy else '🟠'} {escape(shortened(name, _NAME_CHARACTERS))} · {count}"
    shown_findings = () if healthy else findings
    blocks, files = _Table(view).of(tasks, f"tasks-{name}.txt")
    return message(
        head, causes(shown_findings, most=3), [*last_words(shown_findings), *blocks], files
    )


def _to_run(service: Service) -> int:
    """The tasks that should run now: none of a job, which may have done its work."""
    if service.mode.is_job:
        return 0
    done = len(service.completion.done) if service.completion else 0
    desired = service.desired if service.desired is not None else service.replicas or 0
    return max(0, desired - done)


class _Table:
    """Tasks as rows; without `nodes` the column of the node is left out."""

    def __init__(self, view: TaskContext) -> None:
        self._view = view

    def of(self, tasks: Sequence[Task], file: str) -> tuple[list[Block], list[File]]:
        """The blocks and files of the table."""
        places = sorted(
            places_of(tasks),
            key=lambda place: (*rank(place)[:2], natural(self._name(place[0])), place[0].slot),
        )
        rows = [
            self._row(task, past)
            for place in places
            for past, task in listed_of(place, self._view.only)
        ]
        columns = [column for column in TASK_COLUMNS if self._view.nodes or column.name != "NODE"]
        if not any(row[-1] for row in rows):
            columns, rows = columns[:-1], [row[:-1] for row in rows]
        return table(columns, rows, file, whole=self._view.whole)

    def _row(self, task: Task, past: int) -> Row:
        node_name = (
            self._view.nodes[task.node_id].name
            if task.node_id in self._view.nodes
            else task.node_id[:12]
        )
        name = self._name(task) + (
            f".{task.slot}" if task.slot else f".{node_name}" if self._view.nodes else ""
        )
        cells = (node_name,) if self._view.nodes else ()
        shown = f" \\_ {name}" if past else name
        return (
            shown,
            task.state.capitalize(),
            *cells,
            image_cell(task.image),
            age(task.at, self._view.now),
            task.error,
        )

    def _name(self, task: Task) -> str:
        service = self._view.services.get(task.service_id)
        return service.name if service else task.service_id[:12]


def _counts(tasks: Sequence[Task]) -> tuple[int, int]:
    newest = [place[0] for place in places_of(tasks)]
    return sum(map(runs, newest)), sum(map(in_trouble, newest))
