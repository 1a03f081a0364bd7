"""A change from its plan to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.danger import Danger


class Kind(StrEnum):
    """What a command does to the Swarm."""

    READ = "read"
    CHANGE = "change"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that a plan changes, in the words of the Docker CLI.

    Empty `before` means that it was not set.
    """

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change would do, read from the Swarm and written for people.

    `targets` are the keys to lock (`service:ID`); `services` and `nodes` the names that rules speak
    of; `fingerprint` stands for what it was planned against: a plan whose fingerprint moved is
    another plan. `falls`: a service is to run none of its tasks any more, or half of them at most.
    `image` is the one that the service is to run, where the change names one; `dangers` is what it
    adds that a rule has to grant.
    `noop_reason` says why there is nothing to do, where that is so. `ruled_by` names
    the command whose rules count, where it is not the one that was typed. `needs_approval` is False
    where no rule makes it wait for others, because it changes nothing of the Swarm. `changes` are
    in the words of the flags; `details` are all values of the specification that differ. Families
    derive their own.
    """

    title: str
    targets: tuple[str, ...]
    fingerprint: str
    kind: Kind = Kind.CHANGE
    services: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    replicas: int | None = None
    falls: bool = False
    image: str = ""
    dangers: tuple[Danger, ...] = ()
    changes: tuple[Difference, ...] = ()
    summary: str = ""
    warnings: tuple[str, ...] = ()
    noop_reason: str = ""
    ruled_by: str = ""
    needs_approval: bool = True
    details: tuple[Difference, ...] = ()


class Ending(StrEnum):
    """How a change ended."""

    DONE = "done"
    ROLLED_BACK = "rolled back"
    PAUSED = "paused"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    SUPERSEDED = "superseded"
    UNFOLLOWED = "followed no more"


class Fate(StrEnum):
    """What became of a change whose bot ended in the middle of it."""

    DONE = "done"
    NOT_DONE = "not done"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds a target, why, since when.

    `fence` grows with every holder and makes late writers visible.
    """

    target: str
    owner: str
    actor: str
    reason: str
    since: datetime
    fence: int
