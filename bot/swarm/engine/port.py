"""The interface of the engine pool, for real engines and for those in memory."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from bot.model.cluster import EngineAddress, EngineState
from bot.swarm.engine.client import Client
from bot.swarm.engine.failover import Call

CALL_SECONDS = 10.0

T = TypeVar("T")


class EnginePool(Protocol):
    """The configured engines as one. To be used from any thread, but not from inside a call."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the configuration."""
        ...

    @property
    def addresses(self) -> tuple[EngineAddress, ...]:
        """How each is reached, in the same order."""
        ...

    @property
    def answering(self) -> str:
        """The name of the engine that answered last; empty before the first answer."""
        ...

    def on(self, name: str) -> EnginePool:
        """Exactly this engine, to be called in the same ways. Raises UnknownNameError."""
        ...

    def call(self, fn: Call[T], *, deadline: float = CALL_SECONDS) -> T:
        """A healthy manager's answer to a read, within `deadline` seconds in all; of a list that
        goes on coming, with no longer pause than that, within a minute.

        Raises NoLeaderError, NotAManagerError, NoEngineError, what `fn` raises.
        """
        ...

    def call_write(
        self, fn: Call[T], *, deadline: float = CALL_SECONDS, check: Call[Any] = Client.swarm
    ) -> T:
        """Like `call` for a change, which is sent at most once, to an engine that answers `check`.

        Raises OutcomeUnknownError where the engine was lost after that.
        """
        ...

    def states(self) -> tuple[EngineState, ...]:
        """What each engine says of itself, in the order of the configuration."""
        ...
