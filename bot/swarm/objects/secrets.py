"""Secrets and configs: that they are there, never what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.cluster import Stored
from bot.swarm.engine.port import EnginePool
from bot.swarm.spec import read


@dataclass(frozen=True, slots=True)
class StoredObjects:
    """Secrets and configs. Every call raises what `EnginePool.call` raises."""

    engines: EnginePool

    def secrets(self) -> tuple[Stored, ...]:
        """All secrets by name."""
        return self._list("secret")

    def configs(self) -> tuple[Stored, ...]:
        """All configs by name."""
        return self._list("config")

    def remove(self, stored: Stored) -> None:
        """Remove a secret or a config that no service uses.

        Raises UnknownNameError, EngineRefusedError.
        """
        self.engines.call_write(lambda client: client.remove_stored(stored.kind, stored.id))

    def _list(self, kind: Literal["secret", "config"]) -> tuple[Stored, ...]:
        listed = self.engines.call(lambda client: client.stored(kind))
        return tuple(
            sorted(
                (read.stored(kind, raw) for raw in listed),
                key=lambda stored: (stored.name, stored.id),
            )
        )
