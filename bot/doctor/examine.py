"""What is wrong or risky now, each with its fix: everything that an experienced operator would look
through."""

from __future__ import annotations

from bot.doctor import managers, nodes, services, settings
from bot.doctor.probes import Probes
from bot.model.advice import Advice
from bot.watch.evaluation import Evaluation

NOTHING = Probes()


def examine(evaluation: Evaluation, probes: Probes = NOTHING) -> tuple[Advice, ...]:
    """All that is to be said of what was seen, the worst first; of what nobody could say, nothing.

    What the watch judges too is read from its own evaluation, so that both tell the same.
    """
    advice = (
        *managers.examine(evaluation),
        *nodes.examine(evaluation, probes),
        *services.examine(evaluation, probes),
        *settings.examine(evaluation, probes),
    )
    return tuple(sorted(advice, key=lambda advice: -advice.severity.rank))
