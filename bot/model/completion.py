"""How tasks ended that are not started again: those of services that do one piece of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RestartCondition(StrEnum):
    """When Swarm starts a task again that has ended; Docker's default is ANY."""

    ANY = "any"
    ON_FAILURE = "on-failure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Completion:
    """The places (slot, or node id of a global service) whose last task ended for good.

    `done`: with exit code 0; `failed`: otherwise. `at` is when the last of them ended; `exit_code`
    that of the newest that failed, where it had one.
    """

    done: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    at: datetime | None = None
    exit_code: int | None = None
