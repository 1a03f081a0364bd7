"""Which tasks Swarm started because the one before them in their place had ended by itself.

They are told by their ids, and remembered from look to look: whatever the exit code was, however
few ended tasks Swarm keeps, and however slowly it goes. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.model import Service, Task, TaskState
from bot.swarm.health.completion import place_of
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.swarm.spec.edit import restart_delay

WINDOW = timedelta(minutes=5)
TIMES = 3
"""So many restarts in one place within the window are no accident."""
SLOW_WINDOW = timedelta(hours=1)
SLOW_TIMES = 5
"""Nor are so many within an hour, as long as they go on at their pace."""
TIMETABLE = timedelta(minutes=1)
"""Who has Swarm wait for so long between a good end and the next start, wants it to be so."""
FIRST_STARTS = timedelta(seconds=3)
"""What is created so soon after a change of the service is there because of that."""
_ENDED = (TaskState.COMPLETE, TaskState.FAILED, TaskState.REJECTED)

Places = Mapping[str, Mapping[str, datetime]]
"""By place (slot, or node id) and task (id): when the task was created."""
Restarts = Mapping[str, Places]
"""The same by service (id)."""


def remembered(layout: TaskLayout, known: Restarts, at: datetime) -> Restarts:
    """What is known after a look: of each place the last restarts within an hour."""
    newest, earliest = _newest_starts(layout), at - SLOW_WINDOW - WINDOW
    restarts = {
        service.id: _of_service(
            service, layout.tasks_of.get(service.id, ()), known.get(service.id, {}), at
        )
        for service in layout.services.values()
        if not service.mode.is_job
        and (service.id in known or newest.get(service.id, earliest) > earliest)
    }
    return {service_id: places for service_id, places in restarts.items() if places}


@kept_with_layout
def _newest_starts(layout: TaskLayout) -> Mapping[str, datetime]:
    """By service (id) when the newest of its tasks was created."""
    created = {
        service_id: [task.created for task in tasks if task.created]
        for service_id, tasks in layout.tasks_of.items()
    }
    return {service_id: max(times) for service_id, times in created.items() if times}


def go_on(created: Iterable[datetime], at: datetime) -> bool:
    """Whether a place with these restarts is one that does not come to rest."""
    times = sorted(created)
    if sum(at - time < WINDOW for time in times) >= TIMES:
        return True
    last = times[-SLOW_TIMES:]
    if len(last) < SLOW_TIMES:
        return False
    lasted = last[-1] - last[0]
    return lasted <= SLOW_WINDOW and at - last[-1] <= 2 * lasted / (SLOW_TIMES - 1)


def _of_service(service: Service, tasks: Sequence[Task], known: Places, at: datetime) -> Places:
    since = max((at - SLOW_WINDOW - WINDOW, *_changed(service)))
    if service.update is not None and service.update.state in ("updating", "rollback_started"):
        return {}
    if not known and not any(task.created and task.created > since for task in tasks):
        return {}
    places: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for place, restarts in known.items():
        places[place].update(restarts)
    by_place: defaultdict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        by_place[place_of(service, task)].append(task)
    for place, its in by_place.items():
        places[place].update(_restarts(service, its))
    return {place: kept for place, restarts in places.items() if (kept := _newest(restarts, since))}


def _changed(service: Service) -> tuple[datetime, ...]:
    """When its specification last changed, and when all tasks were of the new one: what was created
    until then, was because of that."""
    update = service.update
    updated = service.updated + FIRST_STARTS if service.updated else None
    return tuple(time for time in (updated, update.completed if update else None) if time)


def _restarts(service: Service, tasks: Iterable[Task]) -> Mapping[str, datetime]:
    restarts: dict[str, datetime] = {}
    before: Task | None = None
    for task in sorted(tasks, key=_created):
        if task.created and _is_restart(service, before):
            restarts[task.id] = task.created
        before = task
    return restarts


def _is_restart(service: Service, before: Task | None) -> bool:
    """Whether what follows a task was started because that ended by itself. Where Swarm has
    forgotten it, it did: what is stopped in good order is kept at least until it has stopped."""
    on_time = restart_delay(service.spec) >= TIMETABLE
    if before is None:
        return not on_time
    return before.state in _ENDED and not (on_time and before.state is TaskState.COMPLETE)


def _newest(restarts: Mapping[str, datetime], since: datetime) -> Mapping[str, datetime]:
    fresh = [(created, task_id) for task_id, created in restarts.items() if created > since]
    return {task_id: created for created, task_id in sorted(fresh)[-2 * SLOW_TIMES :]}


def _created(task: Task) -> float:
    return task.created.timestamp() if task.created else 0.0
