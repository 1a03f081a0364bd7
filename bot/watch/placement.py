"""Tasks that lie unevenly: nodes that came back and run nothing, while others carry what they could take over."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incident import Trouble
from bot.watch.found import NOTHING, Found, unknown
from bot.watch.phrases import some
from bot.watch.scene import Scene

SKEW = 2
"""So many tasks of a service more on one node than on another are uneven."""


def judge(scene: Scene) -> Found:
    """One problem for the whole Swarm: Swarm itself moves nothing that runs."""
    seen = scene.seen
    if seen.nodes is None or seen.services is None or seen.tasks is None:
        return unknown(Trouble.PLACEMENT)
    if any(target.startswith("node:") for target in seen.locks):
        return unknown(Trouble.PLACEMENT)
    skewed = sorted(scene.services[key].name for key, there in scene.spread.items() if _is_skewed(there))
    idle = sorted(one.name for one in scene.nodes.values() if scene.idles(one.id))
    if not skewed or (not idle and len(skewed) < 2):
        return NOTHING
    nothing = f"{some(idle)} {'runs' if len(idle) == 1 else 'run'} no replicas; " if idle else ""
    verb = "is" if len(skewed) == 1 else "are"
    problem = scene.problem(
        Trouble.PLACEMENT,
        "swarm:placement",
        "The Swarm",
        detail=f"{nothing}{some(skewed)} {verb} spread unevenly.",
        fix="`/swarm rebalance` places their tasks anew, one after the other.",
    )
    return Found((problem,))


def _is_skewed(there: Mapping[str, int]) -> bool:
    return bool(there) and max(there.values()) - min(there.values()) >= SKEW
