"""The bot itself: Redis or Slack away, a job that hangs."""

from __future__ import annotations

from bot.model.incident import AlertKind
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings


def judge(scene: Evaluation) -> Findings:
    """What is wrong with the bot."""
    seen = scene.seen
    found = []
    if seen.redis:
        found.append(
            scene.problem(
                AlertKind.REDIS_AWAY,
                "bot:redis",
                "redis",
                detail=f"Redis does not answer: {seen.redis}. Reading works, changes are refused.",
                fix="Look at Redis, and at `REDIS_URL`.",
            )
        )
    if seen.slack:
        found.append(
            scene.problem(
                AlertKind.SLACK_AWAY,
                "bot:slack",
                "slack",
                detail=f"Slack does not answer: {seen.slack}. What is to be said waits.",
                fix="Look at the network between the bot and Slack.",
            )
        )
    found += [
        scene.problem(
            AlertKind.JOB_HANGS,
            f"bot:job:{job}",
            job,
            detail=f"The job `{job}` hung, and was cut off.",
            fix="The bot's log says where it stood.",
        )
        for job in seen.hanging
    ]
    return Findings(tuple(found))
