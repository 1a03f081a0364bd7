"""The tasks of a service: the newest of each place first, its history behind it, causes before
everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.model import Finding, Message, Node, Service, Task, TaskState
from bot.model.english import age, plural
from bot.render.findings import causes, last_words
from bot.render.slack.blocks import Row, actions, button, image, image_cell, message, table
from bot.render.slack.text import code, escape, shortened

HISTORY = 2
"""Earlier tasks of a place that are shown."""
_LONGEST = 80


def tasks(
    service: Service,
    all_tasks: Sequence[Task],
    nodes: Mapping[str, Node],
    findings: Sequence[Finding],
    now: datetime,
) -> Message:
    """Where the tasks of a service run, and why those that do not, do not. `nodes` go by id."""
    places = sorted(places_of(all_tasks), key=rank)
    trouble = [place for place in places if in_trouble(place[0])]
    running = sum(runs(place[0]) for place in places)
    total = (
        service.replicas
        if service.replicas is not None
        else sum(place[0].wanted for place in places)
    )
    state = "🟠" if trouble or running < total else "🟢"
    name = escape(shortened(service.name, _LONGEST))
    if not places:
        wants = (
            f"It wants {plural(total, 'replica')}. Change that by "
            f"{code(f'/swarm scale {service.name}=1')}"
        )
        return message(f"{state} {name} has no tasks", [wants])
    shown = [
        _row(service, task, index, nodes, now)
        for place in places
        for index, task in enumerate(place[: 1 + HISTORY])
    ]
    rows_in_trouble = sum(len(place[: 1 + HISTORY]) for place in trouble)
    columns: Row = ("TASK", "STATE", "NODE", "IMAGE", "SINCE", "ERROR")
    if not any(row[-1] for row in shown):
        columns, shown = columns[:-1], [row[:-1] for row in shown]
    blocks, files = table(columns, shown, rows_in_trouble, "tasks.txt")
    told = findings if state == "🟠" else ()
    logs = actions(button("Logs", f"service logs {service.name}")) if trouble else []
    return message(
        f"{state} {name} · {running}/{total} running · {image(service.image)}",
        causes(told, most=3),
        [*last_words(told), *blocks, *logs],
        files,
    )


def places_of(all_tasks: Iterable[Task]) -> list[list[Task]]:
    """The tasks of each slot (each node of a global service), the one that counts first, then
    newest first."""
    places: dict[tuple[str, object], list[Task]] = defaultdict(list)
    for task in all_tasks:
        places[task.service_id, task.slot or task.node_id].append(task)
    return [sorted(place, key=_newest, reverse=True) for place in places.values()]


def _newest(task: Task) -> tuple[bool, float]:
    return task.wanted, task.created.timestamp() if task.created else 0.0


def rank(place: Sequence[Task]) -> tuple[bool, bool, int, str]:
    """The order of places: those in trouble first, then those that are meant to be."""
    task = place[0]
    return not in_trouble(task), not task.wanted, task.slot, task.node_id


def in_trouble(task: Task) -> bool:
    """Whether it should run, and does not."""
    return task.wanted and task.state not in (TaskState.RUNNING, TaskState.COMPLETE)


def runs(task: Task) -> bool:
    """Whether it runs, and should."""
    return task.wanted and task.state == TaskState.RUNNING


def _row(
    service: Service, task: Task, age_rank: int, nodes: Mapping[str, Node], now: datetime
) -> Row:
    node = nodes.get(task.node_id)
    where = node.name if node else task.node_id[:12]
    name = f"{service.name}.{task.slot or where}"
    past = f" \\_ {name}" if age_rank else name
    return (
        past,
        task.state.capitalize(),
        where,
        _version(service, task),
        age(task.at, now),
        task.error,
    )


def _version(service: Service, task: Task) -> str:
    """The tag alone where the headline names the rest."""
    same = task.image.name == service.image.name and task.image.tag
    return task.image.tag if same else image_cell(task.image)
