"""Which names somebody may learn in passing, from a refusal or a warning; pure.

Names of a kind are what its list shows: whoever may read that list may be told of them anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.model import Actor
from bot.policy import decide
from bot.settings import Settings

LISTED_BY = {
    "alert": "alerts",
    "approval": "approvals",
    "config": "config ls",
    "engine": "node ls",
    "network": "network ls",
    "node": "node ls",
    "secret": "secret ls",
    "service": "service ls",
    "silence": "alerts",
    "stack": "stack ls",
}
"""The full name of the command that lists the names of a kind."""

HIDDEN = "services of others"
"""What stands for services that somebody may not see."""


def sees(actor: Actor, kind: str, settings: Settings) -> bool:
    """Whether somebody may learn every name of this kind; of a kind without a list anybody may."""
    listing = LISTED_BY.get(kind)
    return listing is None or decide.may_read(actor, listing, settings) == decide.Allow()


def sees_service(actor: Actor, name: str, settings: Settings) -> bool:
    """Whether somebody may learn that there is a service of this name."""
    listing = LISTED_BY["service"]
    return decide.may_read(actor, listing, settings, (name,)) == decide.Allow()


def told(services: Iterable[str], actor: Actor, settings: Settings) -> tuple[str, ...]:
    """Names of services as somebody may be told of them: one word stands for all others."""
    names = tuple(services)
    seen = tuple(name for name in names if sees_service(actor, name, settings))
    return seen if len(seen) == len(names) else (*seen, HIDDEN)
