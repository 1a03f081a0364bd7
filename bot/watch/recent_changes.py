"""What the bot's people changed shortly before something went wrong. Facts that read the same at
every look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model.incident import Problem, RecentChange
from bot.watch.evaluation import Evaluation

LATELY = timedelta(minutes=30)
MOST = 5


def changes(
    evaluation: Evaluation, problems: Sequence[Problem], since: datetime
) -> tuple[RecentChange, ...]:
    """Rollouts of the services involved that began within half an hour before `since`, the newest
    first."""
    names = {shortfall.service for problem in problems for shortfall in problem.lost}
    ids = {problem.subject.removeprefix("service:") for problem in problems}
    rollouts = [
        rollout
        for rollout in evaluation.snapshot.rollouts.values()
        if (rollout.service_id in ids or rollout.service in names)
        and timedelta() <= since - rollout.started <= LATELY
    ]
    newest = sorted(rollouts, key=lambda rollout: (rollout.started, rollout.service), reverse=True)
    return tuple(
        RecentChange(
            service=rollout.service,
            verb=rollout.verb,
            by=rollout.actor.name,
            before=since - rollout.started,
        )
        for rollout in newest[:MOST]
    )
