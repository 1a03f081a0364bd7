"""Chooses the engine that a command acts on: the named one, or the only possible one; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import AmbiguousEngineError, UnknownNameError
from bot.model.cluster import EngineState
from bot.swarm.names import nearest


@dataclass(frozen=True, slots=True)
class Trait:
    """The state that an engine must be in, and its wording for one and for several."""

    fits: Callable[[EngineState], bool]
    singular: str
    plural: str


LOCKED = Trait(lambda state: state.swarm == "locked", "is locked", "are locked")
MEMBER = Trait(lambda state: state.swarm not in ("", "inactive"), "is in a Swarm", "are in a Swarm")
OUTSIDE = Trait(lambda state: state.swarm == "inactive", "is in no Swarm", "are in no Swarm")
MANAGER = Trait(lambda state: state.manager, "is a manager", "are managers")


def choose(command: str, states: Sequence[EngineState], name: str, trait: Trait) -> EngineState:
    """The engine of that name or host name, else the only one, else the only one with the trait.

    Raises UnknownNameError with the nearest names, and AmbiguousEngineError where several engines,
    or none, would fit.
    """
    if name:
        return _named(states, name)
    matching = [state for state in states if trait.fits(state)]
    if len(states) == 1 or len(matching) == 1:
        return (matching or list(states))[0]
    names = tuple(state.name for state in matching or states)
    raise AmbiguousEngineError(
        command, trait.plural if matching else trait.singular, names, bool(matching)
    )


def _named(states: Sequence[EngineState], name: str) -> EngineState:
    wanted = name.lower()
    matches = [state for state in states if state.name.lower() == wanted]
    matches = matches or [state for state in states if state.node_name.lower() == wanted]
    if len(matches) != 1:
        raise UnknownNameError("engine", name, nearest(name, [state.name for state in states]))
    return matches[0]
