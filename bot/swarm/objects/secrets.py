"""Secrets and configs: that they are there, never what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.errors import UnknownNameError
from bot.model.cluster import Stored
from bot.model.natural import natural
from bot.swarm.engine.port import EnginePool
from bot.swarm.names import pick
from bot.swarm.spec import read
from bot.swarm.spec.edit import masked


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

    def find(self, kind: Literal["secret", "config"], name: str) -> Stored:
        """A secret or a config by name, id, or at least the first four characters of its id.

        Raises UnknownNameError, AmbiguousNameError.
        """
        return pick(
            kind, name, self._list(kind), lambda stored: stored.id, lambda stored: stored.name
        )

    def document(self, kind: Literal["secret", "config"], stored: Stored) -> Mapping[str, Any]:
        """What the engine says of it, without its content. Raises UnknownNameError."""
        listed = self.engines.call(lambda client: client.stored(kind))
        raw = next((raw for raw in listed if raw["ID"] == stored.id), None)
        if raw is None:
            raise UnknownNameError(kind, stored.name, ())
        spec = {name: value for name, value in (raw.get("Spec") or {}).items() if name != "Data"}
        return masked({**raw, "Spec": spec})

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
                key=lambda stored: (natural(stored.name), stored.id),
            )
        )
