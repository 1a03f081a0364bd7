"""What the bot's people changed shortly before something went wrong. Facts that read the same at
every look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model import Rollout
from bot.model.incident import Problem
from bot.watch.evaluation import Evaluation
from bot.watch.phrases import span

LATELY = timedelta(minutes=30)
MOST = 5
_DONE = {
    "deploy": "deployed",
    "rollback": "rolled back",
    "scale": "scaled",
    "create": "created",
    "update": "updated",
}


def changes(scene: Evaluation, problems: Sequence[Problem], since: datetime) -> tuple[str, ...]:
    """Rollouts of the services involved that began within half an hour before `since`, the newest
    first."""
    names = {one.service for problem in problems for one in problem.lost}
    ids = {problem.subject.removeprefix("service:") for problem in problems}
    found = [
        one
        for one in scene.seen.rollouts.values()
        if (one.service_id in ids or one.service in names)
        and timedelta() <= since - one.started <= LATELY
    ]
    newest = sorted(found, key=lambda one: (one.started, one.service), reverse=True)
    return tuple(_said(one, since) for one in newest[:MOST])


def _said(rollout: Rollout, since: datetime) -> str:
    done = _DONE.get(rollout.verb.split()[-1] if rollout.verb else "", "changed")
    return (
        f"{rollout.service} was {done} by {rollout.actor.name} "
        f"{span(since - rollout.started)} before"
    )
