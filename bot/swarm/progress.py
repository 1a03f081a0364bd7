"""Where a rollout stands, judged from the service, its tasks and the nodes; pure, time included.

The rule is the Docker CLI's own (cli/command/service/progress), with two differences that it lacks: a rollback is not a
success, and a node that is down is named instead of waited for. Swarm has no start timeout, so there is a deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model import Mode, Node, Phase, Progress, Service, Slot, Task
from bot.swarm.spec import fingerprint

# The order in which tasks move, as swarmkit has it; a state that is not listed counts as ended.
STATES = ("new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running")
ENDED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")
BY_HAND = "manually requested rollback"


@dataclass(frozen=True, slots=True)
class Look:
    """All that one look at a rollout sees. `service` is None once it was removed; `at` is UTC."""

    service: Service | None
    tasks: tuple[Task, ...]
    nodes: Mapping[str, Node]
    at: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """What the bot posted: hashes of the specification now and before, whether it asked for a rollback, and its limits."""

    spec_hash: str
    before_hash: str
    monitor: timedelta
    deadline: datetime
    rollback_asked: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """The fold over all looks: the newest progress, and since when everything runs without a break."""

    progress: Progress
    converged_since: datetime | None = None


def advance(before: Followed | None, look: Look, expected: Expected) -> Followed:
    """Judge one more look."""
    if look.service is None:
        return Followed(Progress(Phase.REMOVED, 0, 0))
    slots = _slots(look.service, look.tasks, look.nodes)
    done, total = sum(slot.done for slot in slots), _total(look.service, slots)
    converged = done >= total and not _left_over(look)
    since = (before.converged_since if before else None) or look.at if converged else None
    progress = Progress(
        phase=_phase(look.service, expected, look.at, since),
        done=min(done, total),
        total=total,
        slots=slots,
        message=look.service.update.message if look.service.update else "",
        waiting_for=_down(look),
    )
    return Followed(progress, since)


def tried(tasks: Iterable[Task], image: str) -> int:
    """In how many slots (or on how many nodes) a task with this image was started."""
    return len({(task.slot, task.slot or task.node_id) for task in tasks if str(task.image) == image})


def current(tasks: Iterable[Task]) -> dict[object, Task]:
    """The task that speaks for each slot (each node of a global service): desired to run, newest first."""
    chosen: dict[object, Task] = {}
    for task in sorted(tasks, key=_rank):
        chosen[task.slot or task.node_id] = task
    return chosen


def _rank(task: Task) -> tuple[bool, bool, float]:
    created = task.created.timestamp() if task.created else 0.0
    return task.desired in ("running", "complete", "ready"), task.up_to_date, created


def _slots(service: Service, tasks: Sequence[Task], nodes: Mapping[str, Node]) -> tuple[Slot, ...]:
    alive = [task for task in _of_iteration(service, tasks) if not _on_dead_node(task, nodes)]
    wanted = [task for task in alive if task.desired in ("running", "ready", "complete") or _job(service)]
    slots = [_slot(service, key, task, nodes) for key, task in current(wanted).items()]
    return tuple(sorted(slots, key=lambda slot: (len(slot.key), slot.key)))


def _slot(service: Service, key: object, task: Task, nodes: Mapping[str, Node]) -> Slot:
    node = nodes.get(task.node_id)
    name = node.name if node else task.node_id[:12]
    good = "complete" if _job(service) else "running"
    done = task.up_to_date and task.state == good and (_job(service) or task.desired == "running")
    return Slot(
        str(key) if task.slot else name, name, task.state, task.image.tag or task.image.tagged, done, task.error
    )


def _total(service: Service, slots: Sequence[Slot]) -> int:
    if service.mode in (Mode.REPLICATED, Mode.REPLICATED_JOB):
        return service.replicas or 0
    return len(slots)


def _left_over(look: Look) -> bool:
    """Whether a task that should be gone still runs, as when a service is scaled down."""
    assert look.service is not None
    alive = [task for task in look.tasks if not _on_dead_node(task, look.nodes)]
    return not _job(look.service) and any(task.desired == "running" and not task.up_to_date for task in alive)


def _of_iteration(service: Service, tasks: Sequence[Task]) -> Sequence[Task]:
    return [task for task in tasks if task.job_iteration == service.job_iteration] if _job(service) else tasks


def _job(service: Service) -> bool:
    return service.mode in (Mode.REPLICATED_JOB, Mode.GLOBAL_JOB)


def _on_dead_node(task: Task, nodes: Mapping[str, Node]) -> bool:
    node = nodes.get(task.node_id)
    return node is not None and node.state == "down"


def _down(look: Look) -> tuple[str, ...]:
    """Nodes that are down and still hold tasks of the service: a global service would hang on them for ever."""
    held = {task.node_id for task in look.tasks if task.desired == "running"}
    return tuple(sorted(node.name for node in look.nodes.values() if node.id in held and node.state == "down"))


def _phase(service: Service, expected: Expected, at: datetime, converged_since: datetime | None) -> Phase:
    phase = _rollback_phase(service, expected) or _update_phase(service, expected, at, converged_since)
    return Phase.TIMED_OUT if not phase.ended and at >= expected.deadline else phase


def _rollback_phase(service: Service, expected: Expected) -> Phase | None:
    """What the engine's word on a rollback means; None where there is none."""
    update = service.update
    if update is None or not update.state.startswith("rollback"):
        return None
    if expected.before_hash and fingerprint(service.spec) != expected.before_hash:
        return Phase.SUPERSEDED
    if update.message.startswith(BY_HAND) and not expected.rollback_asked:
        return Phase.SUPERSEDED
    return {
        "rollback_completed": Phase.ROLLED_BACK,
        "rollback_paused": Phase.ROLLBACK_PAUSED,
    }.get(update.state, Phase.ROLLING_BACK)


def _update_phase(service: Service, expected: Expected, at: datetime, converged_since: datetime | None) -> Phase:
    if fingerprint(service.spec) != expected.spec_hash:
        return Phase.SUPERSEDED
    state = service.update.state if service.update else ""
    if state == "paused":
        return Phase.PAUSED
    if converged_since is None or state == "updating":
        return Phase.ROLLING
    watched = at - converged_since >= expected.monitor or service.replicas == 0
    return Phase.COMPLETED if state == "completed" or watched else Phase.ROLLING
