"""Holds: who keeps a service to themselves, and a freeze, which keeps it from everybody.

And who waits in the queue for a service.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from bot.model.change import Plan
from bot.model.people import Actor

EVERYTHING = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Only `owner` changes the services that fit `pattern`, until it ends or is released.

    `pattern` is a name, `shop_*` or `*`. A `freeze` is a hold on everything that binds its owner
    too.
    """

    pattern: str
    owner: Actor
    reason: str
    since: datetime
    until: datetime | None = None
    freeze: bool = False

    def active(self, now: datetime) -> bool:
        """Whether it still holds."""
        return self.until is None or now < self.until

    def covers(self, name: str) -> bool:
        """Whether the service, or every service that the pattern `name` stands for, is held."""
        return fnmatchcase(name, self.pattern)

    def binds(self, actor: Actor) -> bool:
        """Whether it keeps this person out."""
        return self.freeze or self.owner.id != actor.id

    @property
    def specific(self) -> tuple[bool, bool, int]:
        """How closely it names what it holds.

        Of several holds the most specific decides, and a freeze before all.
        """
        return self.freeze, "*" not in self.pattern, len(self.pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A change that waits until its service is free.

    `line` is planned anew then; it has dots for secrets, and where there are any, `sealed` is the
    id of the raw form. `fingerprint` is that of the plan now, and `plan` what people see of it.
    `trace`: the traceparent of the span in which it was asked for, if any.
    """

    id: str
    service_id: str
    service: str
    line: str
    title: str
    fingerprint: str
    actor: Actor
    channel: str
    at: datetime
    thread: str = ""
    sealed: str = ""
    plan: Plan | None = None
    trace: str = ""

    @property
    def again(self) -> str:
        """What a button sends to ask for it once more."""
        return f"again {self.sealed}" if self.sealed else self.line


def covering(holds: Iterable[Hold], name: str, now: datetime) -> Hold | None:
    """The hold that decides on this service, or on this pattern, if there is one."""
    return max(
        (hold for hold in holds if hold.active(now) and hold.covers(name)),
        key=_specific,
        default=None,
    )


def _specific(hold: Hold) -> tuple[bool, bool, int]:
    return hold.specific
