"""Tasks that lie unevenly: nodes that came back and run nothing, while others carry what they could
take over."""

from __future__ import annotations

from bot.model.alert_facts import AlertKind, UnevenPlacement
from bot.watch.evaluation import Evaluation
from bot.watch.findings import NOTHING, Findings, unknown


def judge(evaluation: Evaluation) -> Findings:
    """One problem for the whole Swarm: Swarm itself moves nothing that runs."""
    snapshot = evaluation.snapshot
    if snapshot.nodes is None or snapshot.services is None or snapshot.tasks is None:
        return unknown(AlertKind.PLACEMENT)
    if any(target.startswith("node:") for target in snapshot.locks):
        return unknown(AlertKind.PLACEMENT)
    if not evaluation.uneven:
        # Where a service is being changed, its tasks come and go: it is judged afterwards.
        changing = any(map(evaluation.quiet, evaluation.services))
        return unknown(AlertKind.PLACEMENT) if changing else NOTHING
    facts = UnevenPlacement(
        services=tuple(sorted(service.name for service in evaluation.uneven)),
        idle=tuple(
            sorted(node.name for node in evaluation.nodes.values() if evaluation.idles(node.id))
        ),
    )
    return Findings((evaluation.problem(facts, "swarm:placement", "The Swarm"),))
