"""What is unwise about a number of managers, each with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model.cluster import ManagerCaution, Quorum
from bot.model.slash import SLASH


def cautions_in_words(
    cautions: Iterable[ManagerCaution], quorum: Quorum, workers: Sequence[str]
) -> tuple[str, ...]:
    """One plain sentence a caution; `workers` are the names of nodes that could be promoted."""
    return tuple(_words(caution, quorum, workers) for caution in cautions)


def _words(caution: ManagerCaution, quorum: Quorum, workers: Sequence[str]) -> str:
    managers = quorum.managers
    match caution:
        case ManagerCaution.ONE:
            return f"one manager bears no loss: make it three{_promote(workers)}"
        case ManagerCaution.TWO:
            return (
                "two managers bear no loss: when either fails, nothing can be changed any more, "
                f"though services run on. Add a third{_promote(workers)}"
            )
        case ManagerCaution.EVEN:
            fewer, more = managers - 1, managers + 1
            return (
                f"{managers} managers bear no more losses than {fewer}: make it {fewer} or {more}"
            )
        case ManagerCaution.MANY:
            return (
                f"with {managers} managers every change is slow, for most have to confirm it: five "
                "are enough"
            )
        case ManagerCaution.NO_TOLERANCE:
            away = managers - quorum.reachable
            return f"no further manager may fail: {away} of {managers} cannot be reached"


def _promote(workers: Sequence[str]) -> str:
    if workers:
        return f": `{SLASH} node promote {workers[0]}`"
    return f"; `{SLASH} swarm join-token manager` helps"
