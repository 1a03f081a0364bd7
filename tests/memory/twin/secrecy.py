"""After every story: values of variables that were typed stand nowhere outside of the Swarm."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.memory.twin.world import World

_VALUE = re.compile(r"--env(?:-add)?[ =]['\"]?[\w.]+=([^\s'\"]{4,})")
"""Shorter values stand in any text by chance."""


def values_of_variables(lines: Iterable[str]) -> set[str]:
    """The values that these lines give to variables."""
    return {value for line in lines for value in _VALUE.findall(line)}


def leaked(values: Iterable[str], world: World, log: str) -> list[str]:
    """Where one of these values stands in clear: in Slack, Redis, the audit, the log or the
    metrics."""
    places = {
        "Slack": world.everything_said(),
        "Redis": "" if world.redis.away else repr(world.everything_in_redis()),
        "the audit": "" if world.redis.away else "\n".join(world.bot.store.audit.export()),
        "the log": log,
        "the metrics": repr(world.bot.pipeline.metrics.exposition()),
    }
    return [place for place, text in places.items() if any(value in text for value in values)]
