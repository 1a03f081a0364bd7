"""Services that run less than they should, crash again and again, or whose rollout Swarm gave
up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.model import Rollout, Service, Task, TaskState, UpdateStatus
from bot.model.alert_facts import (
    AlertKind,
    ProblemFacts,
    RolloutPaused,
    RolloutRolledBack,
    ServiceBelow,
    ServiceCrashing,
)
from bot.model.incident import AlertState, Problem
from bot.swarm.health.completion import place_of
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings, joined, unknown
from bot.watch.restarts import WINDOW, go_on

CRASHES = 3
"""So many failed tasks in one place within the window are no accident."""
FORGET = timedelta(hours=1)
"""After this long nobody has to hear of a rollout that Swarm rolled back."""
NEWS = timedelta(hours=23)
"""The bot's own rollouts are at hand for a day after their end: what stopped earlier may have been
one of them."""
SKEW = timedelta(seconds=30)
"""The Swarm's clock and the bot's may differ."""
_ALL = (
    AlertKind.SERVICE_BELOW,
    AlertKind.SERVICE_CRASHING,
    AlertKind.ROLLOUT_PAUSED,
    AlertKind.ROLLOUT_ROLLED_BACK,
)


def judge(evaluation: Evaluation) -> Findings:
    """All that is wrong with services."""
    if evaluation.snapshot.services is None:
        return unknown(*_ALL)
    return joined((_below(evaluation), _crashing(evaluation), *_rollouts(evaluation)))


# ---- below their count


def _below(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.nodes is None:
        return unknown(AlertKind.SERVICE_BELOW)
    quiet = {service_id for service_id in evaluation.below if evaluation.quiet(service_id)}
    undecided = evaluation.uncounted | quiet
    problems = tuple(
        _short(evaluation, service_id)
        for service_id in evaluation.below
        if service_id not in undecided and not _is_explained(evaluation, service_id)
    )
    return joined((Findings(problems), *_kept(undecided, AlertKind.SERVICE_BELOW)))


def _is_explained(evaluation: Evaluation, service_id: str) -> bool:
    """Whether the alert of a node says it; not where people were told of the service before the
    node went Down."""
    incident = evaluation.memory.incidents.get(f"service:{service_id}")
    told = incident is not None and incident.state is AlertState.FIRING
    if told and evaluation.open(f"service:{service_id}", AlertKind.SERVICE_BELOW):
        return False
    return evaluation.below[service_id].service in evaluation.explained


def _short(evaluation: Evaluation, service_id: str) -> Problem:
    shortfall = evaluation.below[service_id]
    facts = ServiceBelow(
        running=shortfall.running,
        desired=shortfall.desired,
        cause=evaluation.cause_of(service_id),
        for_good=evaluation.failed_for_good(service_id),
    )
    return _problem(evaluation, evaluation.services[service_id], facts, lost=(shortfall,))


# ---- crashing


def _crashing(evaluation: Evaluation) -> Findings:
    if evaluation.snapshot.tasks is None:
        return unknown(AlertKind.SERVICE_CRASHING)
    quiet = [service_id for service_id in evaluation.services if evaluation.quiet(service_id)]
    problems = [
        _crashes(evaluation, service)
        for service in evaluation.services.values()
        if not evaluation.quiet(service.id)
    ]
    return joined(
        (
            Findings(tuple(problem for problem in problems if problem)),
            *_kept(quiet, AlertKind.SERVICE_CRASHING),
        )
    )


def _crashes(evaluation: Evaluation, service: Service) -> Problem | None:
    """A place of the service that does not come to rest: by the tasks that failed there, or by
    those that were started anew."""
    begin = evaluation.at - WINDOW
    after = max(begin, evaluation.memory.silent_until.get(service.id, begin))
    ended = _ended(evaluation.layout).get(service.id, ())
    failed: defaultdict[str, list[datetime]] = defaultdict(list)
    for task in ended:
        if task.state.failed and (_time(task) or after) > after:
            failed[place_of(service, task)].append(_time(task) or after)
    again = {place: times for place, times in failed.items() if len(times) >= CRASHES}
    restarts = _restarts(evaluation, service)
    if not again and not restarts:
        return None
    newest = max(
        (task for task in ended if place_of(service, task) in {*again, *restarts}),
        key=lambda task: (_time(task) or after, task.id),
        default=None,
    )
    return _problem(
        evaluation,
        service,
        ServiceCrashing(
            cause=evaluation.diagnosed([newest]) if newest else None,
            ends_well=newest is None or not newest.state.failed,
        ),
        since=min(time for times in (*again.values(), *restarts.values()) for time in times),
    )


@kept_with_layout
def _ended(layout: TaskLayout) -> Mapping[str, Sequence[Task]]:
    """By service (id) the tasks that ended by themselves; only where there are any."""
    ended = {
        service_id: [task for task in tasks if _ended_by_itself(task)]
        for service_id, tasks in layout.tasks_of.items()
    }
    return {service_id: tasks for service_id, tasks in ended.items() if tasks}


def _ended_by_itself(task: Task) -> bool:
    return task.state.failed or (task.state is TaskState.COMPLETE and not task.wanted)


def _restarts(evaluation: Evaluation, service: Service) -> Mapping[str, Sequence[datetime]]:
    """The places that do not come to rest, with when tasks were started anew there."""
    quiet_until = evaluation.memory.silent_until.get(service.id)
    places = {
        place: [time for time in tasks.values() if quiet_until is None or time > quiet_until]
        for place, tasks in evaluation.memory.restarts.get(service.id, {}).items()
    }
    return {place: times for place, times in places.items() if go_on(times, evaluation.at)}


# ---- rollouts that Swarm gave up


def _rollouts(evaluation: Evaluation) -> Iterator[Findings]:
    for service in evaluation.services.values():
        if service.update is None or not service.update.state.startswith(("paused", "rollback")):
            continue
        if evaluation.quiet(service.id):
            yield from _kept([service.id], AlertKind.ROLLOUT_PAUSED, AlertKind.ROLLOUT_ROLLED_BACK)
        elif problem := _given_up(evaluation, service, service.update):
            yield Findings((problem,))


def _given_up(evaluation: Evaluation, service: Service, update: UpdateStatus) -> Problem | None:
    if _is_told(evaluation, service, update) or _is_old(evaluation, service, update):
        return None
    if service.one_shot and service.id not in evaluation.below:
        # Swarm takes it for a failure that work is done within the time for which it watches.
        return None
    if update.state in ("paused", "rollback_paused"):
        return _paused(evaluation, service, update)
    over = (
        evaluation.at
        - (update.completed or update.started or evaluation.memory.seen_since[service.id])
        > FORGET
    )
    return (
        _rolled_back(evaluation, service, update)
        if update.state == "rollback_completed" and not over and not update.by_hand
        else None
    )


def _is_told(evaluation: Evaluation, service: Service, update: UpdateStatus) -> bool:
    """Whether it is the bot's own rollout, whose message says it."""
    rollout = evaluation.snapshot.rollouts.get(service.id)
    if rollout is None or (update.started and update.started < rollout.started - SKEW):
        return False
    return evaluation.memory.specs[service.id] == _expected(rollout, update)


def _expected(rollout: Rollout, update: UpdateStatus) -> str:
    return (
        rollout.before_hash
        if update.state.startswith("rollback") and not rollout.to_previous
        else rollout.spec_hash
    )


def _is_old(evaluation: Evaluation, service: Service, update: UpdateStatus) -> bool:
    """Whether it was long over when the watch first saw the service, or when anybody could still
    say whose it was."""
    if update.started is None or evaluation.open(f"service:{service.id}", AlertKind.ROLLOUT_PAUSED):
        return False
    return (
        evaluation.memory.seen_since[service.id] - update.started > FORGET
        or evaluation.at - update.started > NEWS
    )


def _paused(evaluation: Evaluation, service: Service, update: UpdateStatus) -> Problem:
    facts = RolloutPaused(
        image=service.image,
        rollback=update.state.startswith("rollback"),
        cause=evaluation.cause_of(service.id),
    )
    return _problem(evaluation, service, facts, since=_since(evaluation, update))


def _rolled_back(evaluation: Evaluation, service: Service, update: UpdateStatus) -> Problem:
    facts = RolloutRolledBack(image=service.image, cause=evaluation.cause_of(service.id))
    return _problem(evaluation, service, facts, since=_since(evaluation, update))


# ---- small things


def _problem(
    evaluation: Evaluation, service: Service, facts: ProblemFacts, **fields: object
) -> Problem:
    return evaluation.problem(facts, f"service:{service.id}", service.name, **fields)


def _kept(service_ids: Iterable[str], *kinds: AlertKind) -> Iterator[Findings]:
    return (unknown(*kinds, subject=f"service:{service_id}") for service_id in service_ids)


def _since(evaluation: Evaluation, update: UpdateStatus) -> datetime:
    return min(update.completed or update.started or evaluation.at, evaluation.at)


def _time(task: Task) -> datetime | None:
    return task.at or task.created
