"""Which hold keeps a person from a service; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.model import Actor
from bot.model.hold import Hold, covering


def holding(holds: Iterable[Hold], service: str, actor: Actor, now: datetime) -> Hold | None:
    """The hold that keeps this person from this service, if one does."""
    found = covering(holds, service, now)
    return found if found and found.binds(actor) else None
