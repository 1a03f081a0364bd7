"""Waits until a node has joined or left: Docker's calls return before the managers know of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.clock import Stopping
from bot.errors import NoLeaderError, UnknownNameError
from bot.model import Node, NodeRole, NodeState, Reachability
from bot.swarm.swarm import Swarm
from bot.swarm.waiting import wait_until


@dataclass(frozen=True, slots=True)
class NodeArrival:
    """Waits for the node of one engine. Every wait ends early when the bot is `stopping`."""

    swarm: Swarm
    engine: str
    stopping: Stopping

    def await_node(self, seconds: float) -> Node | None:
        """The engine's node, once it is Ready (and Reachable, for a manager).

        None where that did not happen within `seconds`.
        """
        ready_nodes: list[Node] = []

        def is_ready() -> bool:
            ready_nodes[:] = [node for node in self._nodes() if _is_ready(node)]
            return bool(ready_nodes)

        return ready_nodes[0] if wait_until(is_ready, seconds, self.stopping) else None

    def await_left(self, seconds: float) -> bool:
        """Whether the engine has left its Swarm within `seconds`."""
        return wait_until(lambda: self._state() == "inactive", seconds, self.stopping)

    def await_missed(self, node_id: str, seconds: float) -> bool:
        """Whether the managers know within `seconds` that this node is gone.

        Where they have lost their leader by that, nobody knows anything.
        """
        return wait_until(lambda: self._is_missed(node_id), seconds, self.stopping)

    def _is_missed(self, node_id: str) -> bool:
        try:
            node = self.swarm.nodes.get(node_id)
        except (UnknownNameError, NoLeaderError):
            return True
        unreachable = node.manager is None or node.manager.reachability == Reachability.UNREACHABLE
        return node.state == NodeState.DOWN and unreachable

    def _nodes(self) -> list[Node]:
        """The engine's node as the managers know it; none while it is still joining."""
        info = self.swarm.cluster.info(self.engine)
        if info.swarm == "active" and info.node_id:
            with suppress(UnknownNameError):
                return [self.swarm.nodes.get(info.node_id)]
        return []

    def _state(self) -> str:
        return self.swarm.cluster.info(self.engine).swarm


def _is_ready(node: Node) -> bool:
    reachable = node.manager is not None and node.manager.reachability == Reachability.REACHABLE
    return node.state == NodeState.READY and (node.role == NodeRole.WORKER or reachable)
