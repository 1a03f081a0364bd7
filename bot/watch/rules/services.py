"""Services that run less than they should, crash again and again, or whose rollout Swarm gave
up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.model import Finding, Rollout, Service, Task, UpdateStatus
from bot.model.incident import AlertKind, AlertState, Problem
from bot.swarm.health.diagnosis import diagnose
from bot.swarm.health.progress import BY_HAND
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings, joined, unknown
from bot.watch.phrases import cause, fix
from bot.watch.replica_counts import GLOBAL

WINDOW = timedelta(minutes=5)
CRASHES = 3
"""So many failed tasks in one place within the window are no accident."""
FORGET = timedelta(hours=1)
"""After this long nobody has to hear of a rollout that Swarm rolled back."""
NEWS = timedelta(hours=23)
"""The bot's own rollouts are at hand for a day after their end: what stopped earlier may have been
one of them."""
SKEW = timedelta(seconds=30)
"""The Swarm's clock and the bot's may differ."""
_RECENT = timedelta(minutes=10)
_FAILED = ("failed", "rejected")
_ALL = (
    AlertKind.SERVICE_BELOW,
    AlertKind.SERVICE_CRASHING,
    AlertKind.ROLLOUT_PAUSED,
    AlertKind.ROLLOUT_ROLLED_BACK,
)


def judge(scene: Evaluation) -> Findings:
    """All that is wrong with services."""
    if scene.seen.services is None:
        return unknown(*_ALL)
    return joined((_below(scene), _crashing(scene), *_rollouts(scene)))


# ---- below their count


def _below(scene: Evaluation) -> Findings:
    if scene.seen.nodes is None:
        return unknown(AlertKind.SERVICE_BELOW)
    open_questions = {*scene.uncounted, *(each for each in scene.below if scene.quiet(each))}
    short = [each for each in scene.below if each not in open_questions]
    problems = tuple(_short(scene, each) for each in short if not _is_explained(scene, each))
    return joined((Findings(problems), *_kept(open_questions, AlertKind.SERVICE_BELOW)))


def _is_explained(scene: Evaluation, service_id: str) -> bool:
    """Whether the alert of a node says it; not where people were told of the service before the
    node went Down."""
    incident = scene.memory.incidents.get(f"service:{service_id}")
    told = incident is not None and incident.state is AlertState.FIRING
    if told and scene.open(f"service:{service_id}", AlertKind.SERVICE_BELOW):
        return False
    return scene.below[service_id].service in scene.explained


def _short(scene: Evaluation, service_id: str) -> Problem:
    below = scene.below[service_id]
    findings = _findings(scene, service_id)
    return _problem(
        scene,
        scene.services[service_id],
        AlertKind.SERVICE_BELOW,
        detail=(
            f"{below.running} of {below.desired} "
            f"{'replica runs' if below.desired == 1 else 'replicas run'}{cause(findings)}."
        ),
        fix=fix(findings) or f"`/swarm ps {below.service}` shows its tasks.",
        lost=(below,),
    )


def _findings(scene: Evaluation, service_id: str) -> Sequence[Finding]:
    """Why tasks do not run: those that should and do not, and those that failed lately."""
    tasks = [
        one
        for one in scene.tasks_of.get(service_id, ())
        if (one.desired in ("running", "ready") and one.state != "running")
        or (one.state in _FAILED and scene.at - (_time(one) or scene.at) < _RECENT)
    ]
    return diagnose(tasks, scene.nodes)


# ---- crashing


def _crashing(scene: Evaluation) -> Findings:
    if scene.seen.tasks is None:
        return unknown(AlertKind.SERVICE_CRASHING)
    quiet = [each for each in scene.services if scene.quiet(each)]
    problems = tuple(
        _crashes(scene, each) for each in scene.services.values() if not scene.quiet(each.id)
    )
    return joined(
        (Findings(tuple(one for one in problems if one)), *_kept(quiet, AlertKind.SERVICE_CRASHING))
    )


def _crashes(scene: Evaluation, service: Service) -> Problem | None:
    after = max(scene.at - WINDOW, scene.memory.silent_until.get(service.id, scene.at - WINDOW))
    failed: defaultdict[int | str, list[Task]] = defaultdict(list)
    for task in scene.tasks_of.get(service.id, ()):
        if task.state in _FAILED and (_time(task) or after) > after:
            failed[task.node_id if service.mode in GLOBAL else task.slot].append(task)
    again = [task for tasks in failed.values() if len(tasks) >= CRASHES for task in tasks]
    if not again:
        return None
    newest = max(again, key=lambda task: (_time(task) or after, task.id))
    findings = diagnose([newest], scene.nodes)
    return _problem(
        scene,
        service,
        AlertKind.SERVICE_CRASHING,
        since=min(_time(task) or after for task in again),
        detail=f"A task of it fails again and again{cause(findings)}.",
        fix=fix(findings) or f"`/swarm logs {service.name}` shows its last lines.",
    )


# ---- rollouts that Swarm gave up


def _rollouts(scene: Evaluation) -> Iterator[Findings]:
    for service in scene.services.values():
        if service.update is None or not service.update.state.startswith(("paused", "rollback")):
            continue
        if scene.quiet(service.id):
            yield from _kept([service.id], AlertKind.ROLLOUT_PAUSED, AlertKind.ROLLOUT_ROLLED_BACK)
        elif problem := _given_up(scene, service, service.update):
            yield Findings((problem,))


def _given_up(scene: Evaluation, service: Service, update: UpdateStatus) -> Problem | None:
    if _is_told(scene, service, update) or _is_old(scene, service, update):
        return None
    if update.state in ("paused", "rollback_paused"):
        return _paused(scene, service, update)
    over = (
        scene.at - (update.completed or update.started or scene.memory.seen_since[service.id])
        > FORGET
    )
    by_hand = update.message.startswith(BY_HAND)
    return (
        _rolled_back(scene, service, update)
        if update.state == "rollback_completed" and not over and not by_hand
        else None
    )


def _is_told(scene: Evaluation, service: Service, update: UpdateStatus) -> bool:
    """Whether it is the bot's own rollout, whose message says it."""
    rollout = scene.seen.rollouts.get(service.id)
    if rollout is None or (update.started and update.started < rollout.started - SKEW):
        return False
    return scene.memory.specs[service.id] == _expected(rollout, update)


def _expected(rollout: Rollout, update: UpdateStatus) -> str:
    return (
        rollout.before_hash
        if update.state.startswith("rollback") and not rollout.to_previous
        else rollout.spec_hash
    )


def _is_old(scene: Evaluation, service: Service, update: UpdateStatus) -> bool:
    """Whether it was long over when the watch first saw the service, or when anybody could still
    say whose it was."""
    if update.started is None or scene.open(f"service:{service.id}", AlertKind.ROLLOUT_PAUSED):
        return False
    return (
        scene.memory.seen_since[service.id] - update.started > FORGET
        or scene.at - update.started > NEWS
    )


def _paused(scene: Evaluation, service: Service, update: UpdateStatus) -> Problem:
    what = "rollback" if update.state.startswith("rollback") else "update"
    findings = _findings(scene, service.id)
    return _problem(
        scene,
        service,
        AlertKind.ROLLOUT_PAUSED,
        since=_since(scene, update.completed or update.started),
        detail=f"Swarm paused the {what} to {service.image.tagged}{cause(findings)}.",
        fix=fix(findings)
        or (
            f"`/swarm rollback {service.name}` goes back, `/swarm ps {service.name}` shows "
            "its tasks."
        ),
    )


def _rolled_back(scene: Evaluation, service: Service, update: UpdateStatus) -> Problem:
    findings = _findings(scene, service.id)
    return _problem(
        scene,
        service,
        AlertKind.ROLLOUT_ROLLED_BACK,
        since=_since(scene, update.completed or update.started),
        detail=f"Swarm rolled an update back to {service.image.tagged}{cause(findings)}.",
        fix=fix(findings) or f"`/swarm ps {service.name}` shows the tasks that failed.",
    )


# ---- small things


def _problem(scene: Evaluation, service: Service, trouble: AlertKind, **fields: object) -> Problem:
    return scene.problem(trouble, f"service:{service.id}", service.name, **fields)


def _kept(service_ids: Iterable[str], *troubles: AlertKind) -> Iterator[Findings]:
    return (unknown(*troubles, subject=f"service:{each}") for each in service_ids)


def _since(scene: Evaluation, began: datetime | None) -> datetime:
    return min(began or scene.at, scene.at)


def _time(task: Task) -> datetime | None:
    return task.at or task.created
