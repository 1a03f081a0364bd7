"""Which tasks of a service ended with their work done, and which failed for good; pure.

The rule is swarmkit's restart supervisor: under the conditions `none` and `on-failure` a task that
ended well stays the last of its slot, and so does one that failed and may not be tried again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bot.model import Service, Task, TaskState
from bot.model.completion import Completion


def completion_of(service: Service, tasks: Iterable[Task]) -> Completion | None:
    """How the places of a one-shot service ended; None of any other service, and where none has."""
    if not service.one_shot:
        return None
    places: defaultdict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        places[place_of(service, task)].append(task)
    last = {place: ended for place, its in places.items() if (ended := _ended(its))}
    failed = [task for task in last.values() if task.state.failed]
    if not last:
        return None
    newest = max(failed, key=_moment, default=None)
    return Completion(
        done=frozenset(place for place, task in last.items() if not task.state.failed),
        failed=frozenset(place for place, task in last.items() if task.state.failed),
        at=max((task.at for task in last.values() if task.at), default=None),
        exit_code=newest.exit_code if newest else None,
    )


def place_of(service: Service, task: Task) -> str:
    """The slot of a task, or the node of a global service's."""
    return task.node_id if service.mode.is_global else str(task.slot)


def _ended(tasks: list[Task]) -> Task | None:
    """The last task of a place, where it ended by itself and Swarm starts no other."""
    if any(task.wanted for task in tasks):
        return None
    last = max(tasks, key=_created)
    return last if last.state is TaskState.COMPLETE or last.state.failed else None


def _created(task: Task) -> float:
    return task.created.timestamp() if task.created else 0.0


def _moment(task: Task) -> float:
    return task.at.timestamp() if task.at else 0.0
