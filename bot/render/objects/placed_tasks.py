"""Tasks of several services in one table: those of a node, those of a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model import File, Finding, Message, Node, NodeState, Service, Task
from bot.model.english import age, plural
from bot.render.findings import causes, last_words
from bot.render.objects.nodes import state_word
from bot.render.objects.tasks import HISTORY, in_trouble, places_of, rank, runs
from bot.render.slack.blocks import (
    MOST_ROWS,
    Block,
    Row,
    aligned,
    image_cell,
    message,
    section,
    table,
)
from bot.render.slack.text import escape, preformatted, shortened

_WHOLE = 1000
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What the ids in tasks stand for (services and nodes by id), the time, and whether nothing is
    cut short."""

    services: Mapping[str, Service]
    now: datetime
    nodes: Mapping[str, Node] = field(default_factory=dict)
    whole: bool = False


def on_node(node: Node, tasks: Sequence[Task], view: TaskContext) -> Message:
    """What runs on a node, and what ran there. `view` without nodes: it is all on this one.

    Of a job that was removed Swarm keeps the tasks that ended until its managers start anew
    (measured): nobody wants them.
    """
    running, trouble = _counts([task for task in tasks if task.service_id in view.services])
    well = node.state == NodeState.READY and not trouble
    words = [
        state_word(node.state),
        state_word(node.availability),
        f"{plural(running, 'task')} running",
    ]
    head = (
        f"{'🟢' if well else '🟠'} {escape(shortened(node.name, _LONGEST))} · {' · '.join(words)}"
    )
    if not tasks:
        return message(head, ["No task was placed here yet."])
    return message(head, [], *_Table(view).of(tasks, f"tasks-{node.name}.txt"))


def of_stack(
    name: str, tasks: Sequence[Task], view: TaskContext, findings: Sequence[Finding]
) -> Message:
    """Where the tasks of a stack run, and why those that do not, do not. `view` has its services
    alone."""
    running, trouble = _counts(tasks)
    total = sum(
        service.desired if service.desired is not None else service.replicas or 0
        for service in view.services.values()
    )
    well = not trouble and running >= total
    count = f"{running}/{total} running · {plural(len(view.services), 'service')}"
    head = f"{'🟢' if well else '🟠'} {escape(shortened(name, _LONGEST))} · {count}"
    told = () if well else findings
    blocks, files = _Table(view).of(tasks, f"tasks-{name}.txt")
    return message(head, causes(told, most=3), [*last_words(told), *blocks], files)


class _Table:
    """The tasks in rows; without `nodes` they are all of one, and it is not said again."""

    def __init__(self, view: TaskContext) -> None:
        self._view = view

    def of(self, tasks: Sequence[Task], file: str) -> tuple[list[Block], list[File]]:
        """Blocks and files."""
        places = sorted(
            places_of(tasks),
            key=lambda place: (*rank(place)[:2], self._name(place[0]), place[0].slot),
        )
        rows = [
            self._row(task, past)
            for place in places
            for past, task in enumerate(place[: 1 + HISTORY])
        ]
        trouble = sum(len(place[: 1 + HISTORY]) for place in places if in_trouble(place[0]))
        columns: Row = (
            "TASK",
            "STATE",
            *(("NODE",) if self._view.nodes else ()),
            "IMAGE",
            "SINCE",
            "ERROR",
        )
        if not any(row[-1] for row in rows):
            columns, rows = columns[:-1], [row[:-1] for row in rows]
        if self._view.whole and len(rows) <= MOST_ROWS:
            return [section(preformatted(aligned(columns, rows, most=_WHOLE)))], []
        return table(columns, rows, trouble, file)

    def _row(self, task: Task, past: int) -> Row:
        where = (
            self._view.nodes[task.node_id].name
            if task.node_id in self._view.nodes
            else task.node_id[:12]
        )
        name = self._name(task) + (
            f".{task.slot}" if task.slot else f".{where}" if self._view.nodes else ""
        )
        cells = (where,) if self._view.nodes else ()
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
