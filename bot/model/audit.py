"""What the audit keeps of a change, and what a check of its chain says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.model import Actor


class IntentState(StrEnum):
    """What the audit says of an intent. UNPROVEN: the audit is not whole, and proves nothing."""

    OPEN = "open"
    ENDED = "ended"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A change with its outcome.

    `reference` names it for good; `id` is its number, which may be another's once Redis was
    emptied.
    `approver_ids` are the ids of those that `approved_by` names, `request` is the id of the request
    for approval, and `run` names the message in which a change without a request is shown.
    `outcome`, `seconds` (how long it took) and `concluded` (when it ended) are None
    while it runs.
    """

    id: str
    reference: str
    at: datetime
    actor: Actor
    command: Mapping[str, Any]
    plan: Mapping[str, Any]
    source: str
    approved_by: tuple[str, ...] = ()
    approver_ids: tuple[str, ...] = ()
    request: str = ""
    run: str = ""
    outcome: Mapping[str, Any] | None = None
    seconds: float | None = None
    concluded: datetime | None = None

    def concerns(self, service: str | None, user: str | None) -> bool:
        """Whether the plan names this service and this user asked for it; None means any.

        `service` is a name, `user` an id or a name.
        """
        return (service is None or service in self.plan.get("services", ())) and (
            user is None or user in (self.actor.id, self.actor.name)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What somebody tried and may not do, `times` times in one hour; the newest is `at`.

    `why` is the code of the error, `source` the Slack channel, `request` the id of the request for
    approval that it was about.
    """

    at: datetime
    actor_id: str
    actor: str
    command: str
    why: str
    source: str
    request: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """The result of checking the chain.

    `entries` is how many are intact from the start on, `broken` the id of the first one that is not
    (empty where all are), `head` the newest hash. The first `unsigned` ones are not signed with the
    bot's key: they were written before entries were signed, or before the key was changed. They
    count as intact, for the first signed one stands for all before it, and `anchored` says whether
    the head was noted outside of Redis before.
    """

    ok: bool
    entries: int
    broken: str = ""
    head: str = ""
    unsigned: int = 0
    anchored: bool = False
