"""The nodes of the Swarm."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bot.errors import AmbiguousNameError, SwarmbotError
from bot.model import Node, Task
from bot.model.natural import natural
from bot.swarm.engine.client import Client, Json
from bot.swarm.engine.port import EnginePool
from bot.swarm.engine.retry import SpecChange, retry_on_conflict
from bot.swarm.last_seen import MANY_NODES, LastSeen, Observed, unchanged
from bot.swarm.names import pick
from bot.swarm.spec import read_cluster
from bot.swarm.spec.edit import masked

SELF = "self"


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes as the managers see them. Every call raises what `EnginePool.call` raises."""

    engines: EnginePool
    last_seen: LastSeen = field(default_factory=LastSeen)

    def list(self) -> tuple[Node, ...]:
        """All nodes by name."""
        return self._listed().value

    def lately(self) -> Observed[tuple[Node, ...]]:
        """The same; where they are many, as the watch saw them last, within ten seconds."""
        return self.last_seen.recent_nodes() or self._listed()

    def of(self, tasks: Iterable[Task]) -> tuple[Node, ...]:
        """The nodes that these tasks are on, by name; all where a task has none, for that may be
        any node's fault, or where the watch has just seen them. Nodes keep their names, so those
        that were seen within ten seconds are not read again for that."""
        recent = self.last_seen.recent_nodes()
        if recent:
            return recent.value
        ids = sorted({task.node_id for task in tasks})
        known = self.last_seen.nodes_of(ids)
        if known is not None:
            return known
        if "" in ids or len(ids) > MANY_NODES or self.last_seen.has_few_nodes:
            return self.list()
        return _nodes(self.engines.call(lambda client: client.nodes({"id": ids})))

    def _listed(self) -> Observed[tuple[Node, ...]]:
        begun = time.monotonic()
        try:
            listed = _nodes(self.engines.call(Client.nodes))
        except SwarmbotError:
            # That nobody can tell them is the news: what was seen before is not told any more.
            self.last_seen.forget()
            raise
        nodes = unchanged(self.last_seen.nodes, tuple(self.last_seen.known_nodes.shared(listed)))
        self.last_seen.known_nodes.replace(nodes)
        seen = self.last_seen.nodes = Observed(nodes, begun)
        return seen

    def find(self, name: str) -> Node:
        """A node by id, host name, at least the first four characters of its id, or `self`.

        `self` is the node of the engine that answers. Raises UnknownNameError; AmbiguousNameError
        where nodes share a host name, as after a node has joined again, or where one is named
        `self`.
        """
        if name == SELF:
            return self._answering()
        return pick("node", name, self.list(), lambda node: node.id, lambda node: node.name)

    def answering(self) -> str:
        """The id of the node whose engine answers."""
        return str(self.engines.call(lambda client: client.info())["Swarm"]["NodeID"])

    def _answering(self) -> Node:
        def ask(client: Client) -> tuple[str, list[Json]]:
            return client.info()["Swarm"]["NodeID"], client.nodes()

        own, listed = self.engines.call(ask)
        nodes = _nodes(listed)
        namesakes = tuple(f"{node.name} ({node.id})" for node in nodes if node.name == SELF)
        if namesakes:
            answering = next((node.name for node in nodes if node.id == own), "")
            raise AmbiguousNameError("node", SELF, (f"{answering} ({own})", *namesakes))
        return pick("node", own, nodes, lambda node: node.id, lambda node: node.name)

    def get(self, node_id: str) -> Node:
        """The node with this id. Raises UnknownNameError."""
        return read_cluster.node(self.engines.call(lambda client: client.node(node_id)))

    def document(self, node: Node) -> Mapping[str, Any]:
        """What the engine says of a node, with dots in place of what may be secret."""
        return masked(self.engines.call(lambda client: client.node(node.id)))

    def update(self, node: Node, change: SpecChange) -> None:
        """Change the node's specification (`Role`, `Availability`, `Labels`) by `change`.

        Raises OutOfSequenceError where others change the node time and again, UnknownNameError,
        EngineRefusedError.
        """

        def update(client: Client) -> None:
            raw = client.node(node.id)
            spec = deepcopy(raw["Spec"])
            change(spec)
            client.update_node(raw, spec)

        retry_on_conflict(lambda: self.engines.call_write(update))

    def remove(self, node: Node, *, force: bool = False) -> None:
        """Remove a node. `force` skips the check that it is down, never that it is no manager.

        Raises EngineRefusedError.
        """
        self.engines.call_write(lambda client: client.remove_node(node.id, force=force))


def _nodes(listed: list[Json]) -> tuple[Node, ...]:
    return tuple(
        sorted(map(read_cluster.node, listed), key=lambda node: (natural(node.name), node.id))
    )
