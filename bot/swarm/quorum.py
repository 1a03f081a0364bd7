"""What the managers of a Swarm can bear; pure. Raft needs ⌊N/2⌋+1 of N managers."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model import Node
from bot.swarm_model import Quorum


def quorum(nodes: Iterable[Node]) -> Quorum:
    """How many managers there are, how many are reachable, and how many more may fail."""
    managers = [node for node in nodes if node.manager is not None]
    reachable = sum(1 for node in managers if node.manager and node.manager.reachability == "reachable")
    needed = len(managers) // 2 + 1
    return Quorum(len(managers), reachable, needed, max(0, reachable - needed))
