"""Tasks that lie unevenly: nodes that came back and run nothing, while others carry what they could
take over."""

from __future__ import annotations

from bot.model.incident import AlertKind
from bot.watch.evaluation import Evaluation
from bot.watch.findings import NOTHING, Findings, unknown
from bot.watch.phrases import some


def judge(scene: Evaluation) -> Findings:
    """One problem for the whole Swarm: Swarm itself moves nothing that runs."""
    seen = scene.seen
    if seen.nodes is None or seen.services is None or seen.tasks is None:
        return unknown(AlertKind.PLACEMENT)
    if any(target.startswith("node:") for target in seen.locks):
        return unknown(AlertKind.PLACEMENT)
    if not scene.uneven:
        return NOTHING
    names = sorted(service.name for service in scene.uneven)
    idle = sorted(one.name for one in scene.nodes.values() if scene.idles(one.id))
    nothing = f"{some(idle)} {'runs' if len(idle) == 1 else 'run'} no replicas; " if idle else ""
    problem = scene.problem(
        AlertKind.PLACEMENT,
        "swarm:placement",
        "The Swarm",
        detail=f"{nothing}{some(names)} {'is' if len(names) == 1 else 'are'} spread unevenly.",
        fix="`/swarm rebalance` places their tasks anew, one after the other.",
    )
    return Findings((problem,))
