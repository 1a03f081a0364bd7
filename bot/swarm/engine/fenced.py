"""The engines for somebody who has a lease: a change is sent only while the lease stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.model.cluster import EngineAddress, EngineState
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import Call
from bot.swarm.engine.fence import Fence
from bot.swarm.engine.port import CALL_SECONDS, EnginePool

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FencedEngines:
    """An `EnginePool` whose changes are guarded by `fence`; reads are those of `engines`.

    `changed` is called after each change, whether it was taken or not.
    """

    engines: EnginePool
    fence: Fence
    changed: Callable[[], None]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the configuration."""
        return self.engines.names

    @property
    def addresses(self) -> tuple[EngineAddress, ...]:
        """How each is reached, in the same order."""
        return self.engines.addresses

    @property
    def answering(self) -> str:
        """The name of the engine that answered last; empty before the first answer."""
        return self.engines.answering

    def on(self, name: str) -> FencedEngines:
        """Exactly this engine, behind the same fence. Raises UnknownNameError."""
        return FencedEngines(self.engines.on(name), self.fence, self.changed)

    def call(self, fn: Call[T], *, deadline: float = CALL_SECONDS) -> T:
        """A read, as `EnginePool.call` has it."""
        return self.engines.call(fn, deadline=deadline)

    def call_write(
        self, fn: Call[T], *, deadline: float = CALL_SECONDS, check: Call[Any] = Client.swarm
    ) -> T:
        """A change, as `EnginePool.call_write` has it.

        Raises also what `Fence.confirm` raises, and has sent nothing then.
        """
        try:
            return self.engines.call_write(
                lambda client: fn(client.fenced_by(self.fence)), deadline=deadline, check=check
            )
        finally:
            self.changed()

    def states(self) -> tuple[EngineState, ...]:
        """What each engine says of itself, in the order of the configuration."""
        return self.engines.states()
