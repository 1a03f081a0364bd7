"""A request, as every door hands it to the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.command.model import Command
from bot.model import Actor, Place
from bot.model.hold import Queued


@dataclass(frozen=True, slots=True)
class Turn:
    """That a change which waited in line was called.

    `take` gives up its place, which is done directly before anything comes of it; False where
    somebody else took it.
    """

    queued: Queued
    take: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, as typed or as a button stored it, and where the answer goes.

    A modal has already made a `command` of it. `turn`: it has waited in line.
    """

    text: str
    actor: Actor
    place: Place
    command: Command | None = None
    turn: Turn | None = None

    def take_turn(self) -> bool:
        """Give up the place in line, where there is one; False where somebody else took it."""
        return self.turn is None or self.turn.take()
