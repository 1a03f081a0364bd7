"""The nodes of the Swarm."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from bot.model import Node
from bot.swarm.engine.client import Client, Json
from bot.swarm.engine.port import EnginePool
from bot.swarm.engine.retry import SpecChange, retry_on_conflict
from bot.swarm.names import pick
from bot.swarm.spec import read

SELF = "self"


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes as the managers see them. Every call raises what `FailoverPool.call` raises."""

    engines: EnginePool

    def list(self) -> tuple[Node, ...]:
        """All nodes by name."""
        return _nodes(self.engines.call(Client.nodes))

    def find(self, name: str) -> Node:
        """A node by host name, id, the beginning of its id (four characters or more), or `self`,
        which answers.

        Raises UnknownName; AmbiguousName where nodes share a host name, as one that joined anew
        does with its past.
        """

        def ask(client: Client) -> tuple[str, list[Json]]:
            return client.info()["Swarm"]["NodeID"] if name == SELF else name, client.nodes()

        wanted, found = self.engines.call(ask)
        return pick("node", wanted, _nodes(found), lambda node: node.id, lambda node: node.name)

    def get(self, node_id: str) -> Node:
        """The node with this id. Raises UnknownName."""
        return read.node(self.engines.call(lambda client: client.node(node_id)))

    def update(self, node: Node, change: SpecChange) -> None:
        """Change what `change` changes of the node's specification (`Role`, `Availability`,
        `Labels`), nothing else.

        Raises OutOfSequence where others change the node time and again, UnknownName,
        EngineRefused.
        """

        def update(client: Client) -> None:
            raw = client.node(node.id)
            spec = deepcopy(raw["Spec"])
            change(spec)
            client.update_node(raw, spec)

        retry_on_conflict(lambda: self.engines.call_write(update))

    def remove(self, node: Node, *, force: bool = False) -> None:
        """Remove a node. `force` skips the check that it is down, never that it is no manager.
        Raises EngineRefused."""
        self.engines.call_write(lambda client: client.remove_node(node.id, force=force))


def _nodes(found: list[Json]) -> tuple[Node, ...]:
    return tuple(sorted(map(read.node, found), key=lambda node: (node.name, node.id)))
