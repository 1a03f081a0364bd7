"""The networks that all nodes can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.cluster import Network
from bot.model.natural import natural
from bot.swarm.engine.port import EnginePool
from bot.swarm.names import pick
from bot.swarm.spec import read
from bot.swarm.spec.edit import masked


@dataclass(frozen=True, slots=True)
class Networks:
    """The Swarm's networks. Every call raises what `EnginePool.call` raises."""

    engines: EnginePool

    def list(self) -> tuple[Network, ...]:
        """All networks of the Swarm by name; those that belong to one engine alone are left out."""
        listed = self.engines.call(lambda client: client.networks({"scope": ["swarm"]}))
        networks = map(read.network, listed)
        return tuple(sorted(networks, key=lambda network: (natural(network.name), network.id)))

    def find(self, name: str) -> Network:
        """A network by name, id, or at least the first four characters of its id.

        Raises UnknownNameError, AmbiguousNameError.
        """
        return pick(
            "network", name, self.list(), lambda network: network.id, lambda network: network.name
        )

    def predefined(self, name: str) -> Network:
        """A network that every node has, such as `host`; no list contains it.

        Raises UnknownNameError.
        """
        return read.network(self.engines.call(lambda client: client.network(name)))

    def document(self, network: Network) -> Mapping[str, Any]:
        """What the engine says of a network, with dots in place of what may be secret."""
        return masked(self.engines.call(lambda client: client.network(network.id)))

    def create(self, body: dict[str, Any]) -> str:
        """Create a network from the Engine API's JSON and return its id.

        Raises NameTakenError, EngineRefusedError.
        """
        return str(
            self.engines.call_write(
                lambda client: client.create_network({"CheckDuplicate": True, **body})
            )["Id"]
        )

    def remove(self, network_id: str) -> None:
        """Remove a network that no service uses. Raises UnknownNameError, EngineRefusedError."""
        self.engines.call_write(lambda client: client.remove_network(network_id))
