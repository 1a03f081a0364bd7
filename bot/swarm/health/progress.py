"""Where a rollout stands, judged from the service, its tasks and the nodes; pure, time included.

The rule is the Docker CLI's own (cli/command/service/progress), with two differences that it lacks:
a rollback is not a success, and a node that is down is named instead of waited for. Swarm has no
start timeout, so there is a deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import (
    Availability,
    Failure,
    Node,
    NodeState,
    Phase,
    Progress,
    Service,
    Slot,
    Task,
    TaskState,
)
from bot.swarm.scheduler.constraints import eligible
from bot.swarm.spec.edit import fingerprint

_AS_UPDATE = {
    "rollback_started": "updating",
    "rollback_paused": "paused",
    "rollback_completed": "completed",
}


_AS_ROLLBACK = {
    Phase.ROLLING: Phase.ROLLING_BACK,
    Phase.COMPLETED: Phase.ROLLED_BACK,
    Phase.PAUSED: Phase.ROLLBACK_PAUSED,
}


_WORK_DONE = {
    Phase.ROLLING: Phase.COMPLETED,
    Phase.PAUSED: Phase.COMPLETED,
    Phase.TIMED_OUT: Phase.COMPLETED,
    Phase.ROLLING_BACK: Phase.ROLLED_BACK,
    Phase.ROLLBACK_PAUSED: Phase.ROLLED_BACK,
}


SETTLING = timedelta(seconds=30)
"""For how long tasks may still start after Swarm called its rollback completed.

Measured: Swarm says so while a task of the version before waits for its restart delay (5 s)."""


@dataclass(frozen=True, slots=True)
class RolloutSnapshot:
    """One look at a rollout: the service, its tasks and the nodes at one moment (UTC).

    `service` is None once it was removed.
    """

    service: Service | None
    tasks: tuple[Task, ...]
    nodes: Mapping[str, Node]
    at: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """What the bot posted, and its limits.

    `spec_hash` and `before_hash` are of the specification now and before, `rollback_asked` says
    that the bot asked for a rollback, and `to_previous` that Swarm's own return to its previous
    specification is what was asked for.
    """

    spec_hash: str
    before_hash: str
    monitor: timedelta
    deadline: datetime
    rollback_asked: bool = False
    to_previous: bool = False
    back_hash: str = ""
    """Of the specification that was posted to go back, where Swarm's previous one is not meant."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The sum of all looks: the newest progress, and since when two things hold without a break.

    `converged_since`: all tasks run. `back_since`: Swarm calls its rollback completed.
    """

    progress: Progress
    converged_since: datetime | None = None
    back_since: datetime | None = None


def advance(before: Followed | None, look: RolloutSnapshot, expected: Expected) -> Followed:
    """Judge one more look."""
    service = look.service
    if service is None:
        return Followed(Progress(Phase.REMOVED, 0, 0))
    awaited = [
        task
        for task in _of_iteration(service, look.tasks)
        if not _parked(task, service, look.nodes)
    ]
    chosen = _current(service, awaited)
    slots, total = _slots(service, chosen, awaited, look.nodes), _total(service, chosen, look.nodes)
    done, down = sum(slot.done for slot in slots), _down(look, service)
    converged = done == total == len(slots) and not _left_over(service, awaited)
    since = ((before.converged_since if before else None) or look.at) if converged else None
    phase = _phase(service, expected, look.at, since, hangs=bool(down))
    if service.one_shot:
        phase = _of_one_shot(chosen, phase, converged=converged)
    back_since = (
        ((before.back_since if before else None) or look.at) if phase is Phase.ROLLED_BACK else None
    )
    if back_since and not converged and look.at < min(back_since + SETTLING, expected.deadline):
        phase = Phase.ROLLING_BACK
    message = service.update.message if service.update else ""
    progress = Progress(phase, min(done, total), total, slots, message, waiting_for=down)
    return Followed(progress, since, back_since)


def tried(tasks: Iterable[Task], image: str) -> int:
    """In how many slots (of a global service: on how many nodes) this image was started."""
    return len(
        {(task.slot, task.slot or task.node_id) for task in tasks if str(task.image) == image}
    )


def _current(service: Service, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The task that represents each slot, or each node of a global service.

    It is one that is desired to run, then one that is up to date, then the newest.
    """
    wanted = [
        task
        for task in tasks
        if task.wanted or service.mode.is_job or _ended_for_good(service, task)
    ]
    chosen = {_place(service, task): task for task in sorted(wanted, key=_rank)}
    return tuple(sorted(chosen.values(), key=lambda task: task.slot))


def _ended_for_good(service: Service, task: Task) -> bool:
    """Whether a task of a one-shot service ended by itself, as its last where no other is
    wanted."""
    ended = task.state is TaskState.COMPLETE or task.state.failed
    return service.one_shot and task.up_to_date and ended


def _rank(task: Task) -> tuple[bool, bool, float]:
    return task.wanted, task.up_to_date, _created(task)


def _created(task: Task) -> float:
    return task.created.timestamp() if task.created else 0.0


def _slots(
    service: Service, chosen: Iterable[Task], tasks: Iterable[Task], nodes: Mapping[str, Node]
) -> tuple[Slot, ...]:
    failed = {
        _place(service, task): task for task in sorted(tasks, key=_created) if task.state.failed
    }
    slots = [_slot(service, task, failed.get(_place(service, task)), nodes) for task in chosen]
    return tuple(sorted(slots, key=lambda slot: slot.key) if service.mode.is_global else slots)


def _slot(service: Service, task: Task, failed: Task | None, nodes: Mapping[str, Node]) -> Slot:
    name = _node_name(task, nodes)
    key = name if service.mode.is_global else str(task.slot)
    complete = task.state == TaskState.COMPLETE
    good = complete if service.mode.is_job else task.runs or (service.one_shot and complete)
    failure = _failure(failed, nodes) if failed else None
    return Slot(
        key, name, task.state, _version(task), task.up_to_date and good, task.error, failure
    )


def _failure(task: Task, nodes: Mapping[str, Node]) -> Failure:
    return Failure(task.id, _node_name(task, nodes), task.state, _version(task), task.error)


def _place(service: Service, task: Task) -> str | int:
    return task.node_id if service.mode.is_global else task.slot


def _node_name(task: Task, nodes: Mapping[str, Node]) -> str:
    node = nodes.get(task.node_id)
    return node.name if node else task.node_id[:12]


def _version(task: Task) -> str:
    return task.image.tag or task.image.tagged


def _total(service: Service, chosen: Iterable[Task], nodes: Mapping[str, Node]) -> int:
    """How many tasks there should be.

    A global service's nodes count even while they have no task, between old and new.
    """
    if not service.mode.is_global:
        return service.replicas or 0
    able = {node.id for node in eligible(service.spec, nodes.values())}
    return len(able.union(task.node_id for task in chosen))


def _left_over(service: Service, tasks: Iterable[Task]) -> bool:
    """Whether a task of the old specification is still desired to run.

    `start-first` keeps it until the new one runs.
    """
    return not service.mode.is_job and any(
        task.desired == TaskState.RUNNING and not task.up_to_date for task in tasks
    )


def _of_iteration(service: Service, tasks: Sequence[Task]) -> Sequence[Task]:
    return (
        [task for task in tasks if task.job_iteration == service.job_iteration]
        if service.mode.is_job
        else tasks
    )


def _parked(task: Task, service: Service, nodes: Mapping[str, Node]) -> bool:
    """Whether nothing more will come of a task.

    Its node is down, or paused, where a global service is not updated.
    """
    node = nodes.get(task.node_id)
    if node is None or node.state == NodeState.DOWN:
        return node is not None
    return (
        service.mode.is_global and node.availability == Availability.PAUSE and not task.up_to_date
    )


def _down(look: RolloutSnapshot, service: Service) -> tuple[str, ...]:
    """Names of nodes that are down and still have tasks of the service.

    Tasks of a global service are not replaced on other nodes.
    """
    held = {task.node_id for task in look.tasks if _holds(task, service)}
    return tuple(
        sorted(
            node.name
            for node in look.nodes.values()
            if node.id in held and node.state == NodeState.DOWN
        )
    )


def _holds(task: Task, service: Service) -> bool:
    return task.desired in (TaskState.READY, TaskState.RUNNING) or (
        service.mode.is_global and not task.state.terminal
    )


def _phase(
    service: Service, expected: Expected, at: datetime, since: datetime | None, *, hangs: bool
) -> Phase:
    watched = since is not None and (
        at - since >= expected.monitor or service.replicas == 0 or service.mode.is_job
    )
    if expected.back_hash and fingerprint(service.spec) == expected.back_hash:
        back = replace(expected, spec_hash=expected.back_hash)
        phase = _AS_ROLLBACK[_update_phase(service, back, since is not None, watched, hangs)]
    else:
        phase = _rollback_phase(service, expected) or _update_phase(
            service, expected, since is not None, watched, hangs
        )
    return Phase.TIMED_OUT if not phase.ended and at >= expected.deadline else phase


def _of_one_shot(chosen: Sequence[Task], phase: Phase, *, converged: bool) -> Phase:
    """Swarm takes it for a failure that work is done within the time for which it watches, and of
    what failed for good it says nothing."""
    if converged and chosen and all(task.state is TaskState.COMPLETE for task in chosen):
        return _WORK_DONE.get(phase, phase)
    failed = any(task.state.failed and not task.wanted for task in chosen)
    moving = any(task.wanted for task in chosen)
    return Phase.FAILED if phase is Phase.ROLLING and failed and not moving else phase


def _rollback_phase(service: Service, expected: Expected) -> Phase | None:
    """The phase by the engine's rollback status; None where there is no rollback."""
    update = service.update
    if update is None or not update.state.startswith("rollback") or expected.to_previous:
        return None
    if expected.before_hash and fingerprint(service.spec) != expected.before_hash:
        return Phase.SUPERSEDED
    if update.by_hand and not expected.rollback_asked:
        return Phase.SUPERSEDED
    return {
        "rollback_completed": Phase.ROLLED_BACK,
        "rollback_paused": Phase.ROLLBACK_PAUSED,
    }.get(update.state, Phase.ROLLING_BACK)


def _update_phase(
    service: Service, expected: Expected, converged: bool, watched: bool, hangs: bool
) -> Phase:
    """The phase by the engine's update status, or by the tasks where there is none."""
    if fingerprint(service.spec) != expected.spec_hash:
        return Phase.SUPERSEDED
    state = service.update.state if service.update else ""
    if expected.to_previous:
        state = _AS_UPDATE.get(state, state)
    if state == "paused":
        return Phase.PAUSED
    # Swarm goes on with "updating" for as long as a task waits for a node that is down.
    confirmed = (state == "completed" and converged) or (watched and (state != "updating" or hangs))
    return Phase.COMPLETED if confirmed else Phase.ROLLING
