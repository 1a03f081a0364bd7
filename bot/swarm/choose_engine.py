"""Which engine a command is about, where it is about an engine itself: the one that is named, or
that it can only be; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.errors import AmbiguousEngineError, UnknownNameError
from bot.model.cluster import EngineState
from bot.swarm.names import nearest


@dataclass(frozen=True, slots=True)
class Trait:
    """What makes an engine the one that is meant, and how one and several such engines are spoken
    of."""

    fits: Callable[[EngineState], bool]
    one: str
    many: str


LOCKED = Trait(lambda state: state.swarm == "locked", "is locked", "are locked")
MEMBER = Trait(lambda state: state.swarm not in ("", "inactive"), "is in a Swarm", "are in a Swarm")
OUTSIDE = Trait(lambda state: state.swarm == "inactive", "is in no Swarm", "are in no Swarm")
MANAGER = Trait(lambda state: state.manager, "is a manager", "are managers")


def choose(command: str, states: Sequence[EngineState], name: str, trait: Trait) -> EngineState:
    """The engine of that name (or whose host has it), else the only one, else the only one with the
    trait.

    Raises UnknownNameError with the nearest names, AmbiguousEngineError where it can be several or
    none.
    """
    if name:
        return _named(states, name)
    able = [state for state in states if trait.fits(state)]
    if len(states) == 1 or len(able) == 1:
        return (able or list(states))[0]
    names = tuple(state.name for state in able or states)
    raise AmbiguousEngineError(command, trait.many if able else trait.one, names, bool(able))


def _named(states: Sequence[EngineState], name: str) -> EngineState:
    wanted = name.lower()
    found = [state for state in states if state.name.lower() == wanted]
    found = found or [state for state in states if state.node_name.lower() == wanted]
    if len(found) != 1:
        raise UnknownNameError("engine", name, nearest(name, [state.name for state in states]))
    return found[0]
