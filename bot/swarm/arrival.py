"""Waits until a node is where it should be: a join and an unlocking return before the managers
count on the node."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.clock import Stopping
from bot.errors import UnknownNameError
from bot.model import Node
from bot.swarm.swarm import Swarm
from bot.swarm.waiting import wait_until


@dataclass(frozen=True, slots=True)
class NodeArrival:
    """What is awaited of one engine. Every wait ends early when the bot is `stopping`."""

    swarm: Swarm
    engine: str
    stopping: Stopping

    def await_node(self, seconds: float) -> Node | None:
        """Its node as soon as that is Ready, and Reachable where it manages; None where that did
        not come in time."""
        found: list[Node] = []

        def is_ready() -> bool:
            found[:] = [node for node in self._nodes() if _is_ready(node)]
            return bool(found)

        return found[0] if wait_until(is_ready, seconds, self.stopping) else None

    def await_left(self, seconds: float) -> bool:
        """Whether the engine is in no Swarm any more before the time is up."""
        return wait_until(lambda: self._state() == "inactive", seconds, self.stopping)

    def _nodes(self) -> list[Node]:
        """The node that the engine is now: while it is on its way in, the managers may not know it
        yet."""
        info = self.swarm.cluster.info(self.engine)
        if info.swarm == "active" and info.node_id:
            with suppress(UnknownNameError):
                return [self.swarm.nodes.get(info.node_id)]
        return []

    def _state(self) -> str:
        return self.swarm.cluster.info(self.engine).swarm


def _is_ready(node: Node) -> bool:
    reachable = node.manager is not None and node.manager.reachability == "reachable"
    return node.state == "ready" and (node.role == "worker" or reachable)
