"""The tasks of a service: the newest of each slot, its history, and why some do not run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model import Finding, Message, Node, Service, Task, TaskState
from bot.model.english import age, plural
from bot.model.slash import SLASH
from bot.render.findings import causes, last_words
from bot.render.objects.completion_words import completion_words
from bot.render.slack.blocks import actions, button, image, image_cell, message
from bot.render.slack.fence import Row
from bot.render.slack.tables import Column, table
from bot.render.slack.text import code, escape, shortened

HISTORY = 2
"""The number of earlier tasks of a slot that are shown."""
TASK_COLUMNS: tuple[Column, ...] = (
    Column("TASK"),
    Column("STATE"),
    Column("NODE"),
    Column("IMAGE"),
    Column("SINCE"),
    Column("ERROR", sentence=True),
)
_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class TaskView:
    """How tasks are shown: the nodes that are named, by id, and the time now.

    `only`: the ids of the tasks that are listed, where that is not all.
    """

    nodes: Mapping[str, Node]
    now: datetime
    only: Collection[str] | None = None


def tasks(
    service: Service, all_tasks: Sequence[Task], view: TaskView, findings: Sequence[Finding]
) -> Message:
    """Where the tasks of a service run, and why some do not."""
    places = sorted(places_of(all_tasks), key=rank)
    trouble = [place for place in places if in_trouble(place[0])]
    running = sum(runs(place[0]) for place in places)
    total = (
        service.replicas
        if service.replicas is not None
        else sum(place[0].wanted for place in places)
    )
    completion = service.completion
    done = _complete(service, places) if service.mode.is_job else _done(service)
    state = "🟠" if trouble or running + done < total else "🟢"
    if service.mode.is_job and not trouble and done >= total:
        state = "✅"
    name = escape(shortened(service.name, _NAME_CHARACTERS))
    if not places:
        wants = (
            f"It wants {plural(total, 'replica')}. Change that by "
            f"{code(f'{SLASH} scale {service.name}=1')}"
        )
        return message(f"{state} {name} has no tasks", [wants])
    shown = [
        _row(service, task, index, view.nodes, view.now)
        for place in places
        for index, task in listed_of(place, view.only)
    ]
    columns = TASK_COLUMNS
    if not any(row[-1] for row in shown):
        columns, shown = columns[:-1], [row[:-1] for row in shown]
    blocks, files = table(columns, shown, "tasks.txt")
    shown_findings = findings if state == "🟠" else ()
    logs = actions(button("Logs", f"service logs {service.id}")) if trouble else []
    counts = f"{running}/{total} running"
    if completion:
        ended = completion_words(completion, total, view.now)
        counts = f"{counts}, {ended}" if running else ended
    if service.mode.is_job:
        ended = f"{done}/{total} complete"
        counts = f"{ended}, {running} running" if running else ended
    return message(
        f"{state} {name} · {counts} · {image(service.image)}",
        causes(shown_findings, most=3),
        [*last_words(shown_findings), *blocks, *logs],
        files,
    )


def _done(service: Service) -> int:
    return len(service.completion.done) if service.completion else 0


def _complete(service: Service, places: Iterable[Sequence[Task]]) -> int:
    """The tasks of a job that have done their work since it was started last."""
    return sum(
        any(
            task.state == TaskState.COMPLETE and task.job_iteration == service.job_iteration
            for task in place
        )
        for place in places
    )


def places_of(all_tasks: Iterable[Task]) -> list[list[Task]]:
    """The tasks of each slot (each node of a global service), the wanted one first, then by age."""
    places: dict[tuple[str, object], list[Task]] = defaultdict(list)
    for task in all_tasks:
        places[task.service_id, task.slot or task.node_id].append(task)
    return [sorted(place, key=_newest, reverse=True) for place in places.values()]


def _newest(task: Task) -> tuple[bool, float]:
    return task.wanted, task.created.timestamp() if task.created else 0.0


def listed_of(place: Sequence[Task], only: Collection[str] | None) -> list[tuple[int, Task]]:
    """The tasks of a place that are listed, with their age: the newest and a few before it, or
    those with these ids."""
    if only is None:
        return list(enumerate(place[: 1 + HISTORY]))
    return [(index, task) for index, task in enumerate(place) if task.id in only]


def rank(place: Sequence[Task]) -> tuple[bool, bool, int, str]:
    """The order of slots: those in trouble first, then those that should have a task."""
    task = place[0]
    return not in_trouble(task), not task.wanted, task.slot, task.node_id


def in_trouble(task: Task) -> bool:
    """Whether the task should run, and does not."""
    return task.wanted and task.state not in (TaskState.RUNNING, TaskState.COMPLETE)


def runs(task: Task) -> bool:
    """Whether the task runs, and should."""
    return task.wanted and task.state == TaskState.RUNNING


def _row(
    service: Service, task: Task, age_rank: int, nodes: Mapping[str, Node], now: datetime
) -> Row:
    node = nodes.get(task.node_id)
    node_name = node.name if node else task.node_id[:12]
    name = f"{service.name}.{task.slot or node_name}"
    shown_name = f" \\_ {name}" if age_rank else name
    return (
        shown_name,
        task.state.capitalize(),
        node_name,
        _version(service, task),
        age(task.at, now),
        task.error,
    )


def _version(service: Service, task: Task) -> str:
    """The tag alone where the name is the service's, which the headline has."""
    has_same_name = task.image.name == service.image.name and task.image.tag
    return task.image.tag if has_same_name else image_cell(task.image)
