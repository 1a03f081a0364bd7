"""Which tasks move when nodes change, and which of them find no room, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model import Resources
from bot.model.english import agree
from bot.model.placement import Move, Shortage, ShortageKind
from bot.render.objects.placement_cautions import no_platform, ports_are


def summary(leaving: Sequence[Move]) -> str:
    """Which tasks move and which end: `3 tasks move: web 2, api 1 · ends there: agent`."""
    moving = [move for move in leaving if not move.bound]
    count = sum(len(move.tasks) for move in moving)
    names = ", ".join(f"{move.service.name} {len(move.tasks)}" for move in moving)
    ending = ", ".join(move.service.name for move in leaving if move.bound)
    moved = f"{count} {agree(count, 'task moves', 'tasks move')}: {names}" if count else ""
    return " · ".join(part for part in (moved, f"ends there: {ending}" if ending else "") if part)


def shortages(leaving: Iterable[Move]) -> tuple[str, ...]:
    """A sentence for every service whose tasks do not all find room."""
    return tuple(_waiting(move) for move in leaving if move.waiting)


def _waiting(move: Move) -> str:
    wait = f"{move.waiting} of {len(move.tasks)} tasks" if len(move.tasks) > 1 else "its task"
    text = f"{move.service.name}: {wait} would wait"
    shortage = move.placement.shortage
    return f"{text}, for {_why(shortage)}" if shortage else text


def _why(shortage: Shortage) -> str:
    match shortage.kind:
        case ShortageKind.NO_NODE:
            return "no other node is Ready and Active and fulfils its constraints"
        case ShortageKind.PLATFORM:
            return no_platform(shortage.platforms)
        case ShortageKind.HOST_PORT:
            return f"its {ports_are(shortage.host_ports)} taken on the other nodes. Add a node"
        case ShortageKind.RESERVATION:
            return (
                "the other nodes have no room left for what it reserves. Lower "
                f"{' or '.join(_flags(shortage.resources))}, or add a node"
            )
        case ShortageKind.MOST_PER_NODE:
            return "the other nodes hold as many as they may. Add a node"


def _flags(resources: Resources) -> list[str]:
    flags = (
        ("`--reserve-memory`", resources.memory),
        ("`--reserve-cpu`", resources.nano_cpus),
        ("`--generic-resource`", resources.generic),
    )
    return [flag for flag, needed in flags if needed]
