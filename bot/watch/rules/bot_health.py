"""The bot itself, and what it needs: Redis, Slack or a registry away, a job that hangs."""

from __future__ import annotations

from bot.model.alert_facts import JobHangs, RedisAway, RegistryAway, SlackAway
from bot.watch.evaluation import Evaluation
from bot.watch.findings import Findings


def judge(evaluation: Evaluation) -> Findings:
    """What is wrong with the bot."""
    snapshot = evaluation.snapshot
    problems = []
    if snapshot.redis:
        facts = RedisAway(reason=snapshot.redis)
        problems.append(evaluation.problem(facts, "bot:redis", "redis"))
    if snapshot.slack:
        problems.append(evaluation.problem(SlackAway(reason=snapshot.slack), "bot:slack", "slack"))
    problems += [
        evaluation.problem(RegistryAway(reason=reason), f"registry:{host}", host, since=since)
        for host, (since, reason) in snapshot.registries.items()
    ]
    problems += [evaluation.problem(JobHangs(), f"bot:job:{job}", job) for job in snapshot.hanging]
    return Findings(tuple(problems))
