"""What is wrong or risky now, each with its fix: everything that an experienced operator would look
through."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.doctor import managers, nodes, services, settings
from bot.doctor.probes import Probes
from bot.model.advice import Advice
from bot.model.incident import Memory
from bot.settings import WatchSettings
from bot.swarm.scheduler.layout import TaskLayout, kept_with_layout
from bot.watch.evaluation import Evaluation
from bot.watch.snapshot import Snapshot

NOTHING = Probes()
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@kept_with_layout
def prepare(layout: TaskLayout) -> None:
    """Judge once what depends on nodes, services and tasks alone: it is kept with their layout, and
    there when somebody asks."""
    seen = Snapshot(
        at=_ANY_TIME,
        nodes=layout.listed_nodes,
        services=layout.listed_services,
        tasks=layout.tasks,
    )
    examine(Evaluation.at_a_glance(seen, Memory(), WatchSettings(), layout))


def examine(evaluation: Evaluation, probes: Probes = NOTHING) -> tuple[Advice, ...]:
    """All that is to be said of what was seen, the worst first; of what nobody could say, nothing.

    What the watch judges too is read from its own evaluation, so that both tell the same.
    """
    advice = (
        *managers.examine(evaluation, probes),
        *nodes.examine(evaluation, probes),
        *services.examine(evaluation, probes),
        *settings.examine(evaluation, probes),
    )
    return tuple(sorted(advice, key=lambda advice: -advice.severity.rank))
