"""Which services CI's token is for, whatever the rules say beyond that; pure."""

from __future__ import annotations

from bot.model import Actor, Standing
from bot.policy.patterns import covers

_ALL = "*"


def reaches(actor: Actor, service: str) -> bool:
    """Whether CI's token is for this service, or for all that a pattern covers; an empty name, of
    what is about no service, takes one for all. People are kept from none by this."""
    if actor.standing is not Standing.PIPELINE:
        return True
    return actor.rights is not None and any(covers(own, service) for own in actor.rights.services)


def is_narrowed(actor: Actor) -> bool:
    """Whether CI's token keeps it from some services."""
    return not reaches(actor, _ALL)
