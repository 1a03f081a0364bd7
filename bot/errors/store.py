"""What Redis answers, and what it keeps from others: locks, leases."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors.base import SwarmbotError
from bot.model.change import Lock


@dataclass(eq=False)
class LockedError(SwarmbotError):
    """Another change holds the target."""

    lock: Lock


@dataclass(eq=False)
class LeaseLostError(SwarmbotError):
    """The lease could not be renewed in time and somebody else may hold the target now."""

    target: str


@dataclass(eq=False)
class SealedGoneError(SwarmbotError):
    """The secret values of a line are not kept any longer, or were sealed with another key."""


@dataclass(eq=False)
class StoreUnavailableError(SwarmbotError):
    """Redis does not answer: reads go on, changes are refused; `by_hand` is the line that does the
    same with Docker's own command line, where there is one."""

    reason: str
    by_hand: str = ""
