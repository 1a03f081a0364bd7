"""Where what the bot says by itself goes when its channel takes nothing."""

from __future__ import annotations

from bot.model.incident import Severity
from bot.poster import USER_PREFIXES, Elsewhere
from bot.render import unreachable
from bot.settings import Settings


def other_places(settings: Settings, severity: Severity = Severity.CRITICAL) -> Elsewhere:
    """The other channels, then the people whom this severity calls, then whom any other calls."""
    calls = settings.watch.call
    people = (*calls.get(severity, ()), *(person for called in calls.values() for person in called))
    users = (person for person in people if person.startswith(USER_PREFIXES))
    places = tuple(dict.fromkeys((*settings.channels, *users)))
    return Elsewhere(places, unreachable.said_here, unreachable.file_refused)
