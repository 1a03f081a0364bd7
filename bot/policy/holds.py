"""Which hold keeps a person from a service; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.errors import OnHoldError
from bot.model import Actor, Plan
from bot.model.hold import Hold, covering


def holding(holds: Iterable[Hold], service: str, actor: Actor, now: datetime) -> Hold | None:
    """The hold that keeps this person from this service, if one does."""
    hold = covering(holds, service, now)
    return hold if hold and hold.binds(actor) else None


def refuse_held(holds: Iterable[Hold], plan: Plan, actor: Actor, now: datetime) -> None:
    """Raise OnHoldError where a hold keeps this person from what the plan changes.

    What names no service is kept from people by a hold on everything alone.
    """
    known = tuple(holds)
    for service in plan.services or ("",):
        hold = holding(known, service, actor, now)
        if hold:
            raise OnHoldError(hold, service or plan.title)
