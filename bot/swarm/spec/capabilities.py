"""Capabilities that a service's containers get or lose, by the CLI's three-state rule; pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.swarm.spec.syntax import capability

_ALL, _RESET = "ALL", "RESET"


def effective(add: Iterable[str], drop: Iterable[str]) -> tuple[list[str], list[str]]:
    """The capabilities that a new service adds and drops.

    A capability in both lists is added; `ALL` stands for all of its list.
    """
    added, dropped = _names(add) - {_RESET}, _names(drop) - {_RESET}
    added = {_ALL} if _ALL in added else added
    return sorted(added), sorted(({_ALL} if _ALL in dropped else dropped) - added)


def added_and_dropped(
    current: tuple[Iterable[str], Iterable[str]], add: Iterable[str], drop: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Both lists of capabilities after an update.

    To add a dropped capability only removes it from the dropped ones, and the other way round.
    `RESET` empties a list first.
    """
    added, dropped = _names(current[0]), _names(current[1])
    to_add, to_drop = _names(add), _names(drop)
    added, to_add = (set(), to_add - {_RESET}) if _RESET in to_add else (added, to_add)
    dropped, to_drop = (set(), to_drop - {_RESET}) if _RESET in to_drop else (dropped, to_drop)
    to_drop -= to_add
    added, dropped = added - to_drop, dropped | (to_drop - added)
    added, dropped = added | (to_add - dropped), dropped - to_add
    return _listed(added), _listed(dropped)


def _names(names: Iterable[str]) -> set[str]:
    return {capability(name) for name in names}


def _listed(names: set[str]) -> list[str]:
    return [_ALL] if _ALL in names else sorted(names)
